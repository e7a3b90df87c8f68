variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of the repository."
  type        = string
}

variable "keep_versions" {
  description = "Images that are kept however old they are: how far back a roll-back reaches."
  type        = number
  default     = 20
}

variable "labels" {
  description = "Labels of everything that takes them."
  type        = map(string)
}
