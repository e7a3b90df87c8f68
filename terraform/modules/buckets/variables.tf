variable "project" {
  description = "Id of the project."
  type        = string
}

variable "location" {
  description = "Where buckets lie."
  type        = string
}

variable "artifacts_name" {
  description = "Name of the bucket of artifacts."
  type        = string
}

variable "artifacts_lifecycle" {
  description = "Prefixes that are emptied after so many days."
  type = list(object({
    prefix          = string
    deleteAfterDays = number
  }))
}

variable "artifact_days" {
  description = "Days after which artifacts are deleted; null: with their run."
  type        = number
}

variable "audit_name" {
  description = "Name of the bucket of the signed log."
  type        = string
}

variable "audit_retention_days" {
  description = "Days in which an object of the signed log can be neither changed nor deleted."
  type        = number
}

variable "audit_retention_locked" {
  description = "Whether that time is locked, for ever."
  type        = bool
}

variable "source_name" {
  description = "Name of the bucket of functions' sources."
  type        = string
}

variable "deletion_protection" {
  description = "Whether the bucket of artifacts refuses to be deleted with what is in it."
  type        = bool
}

variable "labels" {
  description = "Labels of everything that takes them."
  type        = map(string)
}
