variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of the pool."
  type        = string
}

variable "image" {
  description = "First image; later ones come from the release pipeline."
  type        = string
}

variable "require_signed_image" {
  description = "Whether only images that the release pipeline signed may start."
  type        = bool
}

variable "account" {
  description = "E-mail of the account that executors run as."
  type        = string
}

variable "cpu" {
  description = "CPUs of an instance."
  type        = number
}

variable "memory_mib" {
  description = "Memory of an instance in MiB."
  type        = number
}

variable "scaling" {
  description = "AUTOMATIC or MANUAL."
  type        = string
}

variable "launch_stage" {
  description = "GA, or BETA where something of the pool is a preview."
  type        = string
}

variable "min_instances" {
  description = "Instances that are always warm."
  type        = number
}

variable "max_instances" {
  description = "Most instances."
  type        = number
}

variable "environment" {
  description = "Variables."
  type        = map(string)
}

variable "network" {
  description = "Network that they send through."
  type        = string
}

variable "subnetwork" {
  description = "Subnetwork that they send through."
  type        = string
}

variable "tags" {
  description = "Tags that firewall rules know them by."
  type        = list(string)
}

variable "deletion_protection" {
  description = "Whether the pool refuses to be deleted."
  type        = bool
}

variable "labels" {
  description = "Labels of everything that takes them."
  type        = map(string)
}
