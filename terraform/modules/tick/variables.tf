variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of the job."
  type        = string
}

variable "url" {
  description = "Address of the scheduler; also what the token is for."
  type        = string
}

variable "account" {
  description = "E-mail of the account that calls."
  type        = string
}

variable "timeout_seconds" {
  description = "How long a tick may take."
  type        = number
}
