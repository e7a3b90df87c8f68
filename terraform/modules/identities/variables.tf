variable "project" {
  description = "Id of the project."
  type        = string
}

variable "components" {
  description = "What has an identity of its own."
  type        = list(string)
}

variable "custom_roles" {
  description = "Permissions by the id of the role."
  type        = map(list(string))
}
