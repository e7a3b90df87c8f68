variable "project" {
  description = "Id of the project."
  type        = string
}

variable "apis" {
  description = "Services to turn on."
  type        = list(string)
}
