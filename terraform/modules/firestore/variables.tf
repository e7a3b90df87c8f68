variable "project" {
  description = "Id of the project."
  type        = string
}

variable "database" {
  description = "Name of the database."
  type        = string
}

variable "location" {
  description = "Where its documents lie."
  type        = string
}

variable "backup_days" {
  description = "Days that a daily backup is kept. What was erased is gone when the last backup that holds it is."
  type        = number
}

variable "deletion_protection" {
  description = "Whether the database refuses to be deleted."
  type        = bool
}
