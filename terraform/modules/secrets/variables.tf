variable "project" {
  description = "Id of the project."
  type        = string
}

variable "names" {
  description = "Secrets of the platform itself."
  type        = list(string)
}

variable "gemini_api_key" {
  description = "Key for Gemini. Written, never read."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "gemini_api_key_version" {
  description = "Raised by one to write another key."
  type        = number
}

variable "api_secret_version" {
  description = "Raised by one to make another secret: API keys and links end with the old one."
  type        = number
}

variable "labels" {
  description = "Labels of everything that takes them."
  type        = map(string)
}
