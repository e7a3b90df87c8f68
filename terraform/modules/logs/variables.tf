variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of the bucket of logs."
  type        = string
}

variable "retention_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "never_logged" {
  description = "Fields of log lines that hold payloads."
  type        = list(string)
}
