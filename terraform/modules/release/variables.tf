variable "project" {
  description = "Id of the project."
  type        = string
}

variable "number" {
  description = "Number of the project."
  type        = string
}

variable "region" {
  description = "Region of everything that is rolled out."
  type        = string
}

variable "release_account" {
  description = "E-mail of the account that Cloud Build runs releases as."
  type        = string
}

variable "functions_account" {
  description = "E-mail of the account that builds functions."
  type        = string
}

variable "functions_account_id" {
  description = "Full name of that account."
  type        = string
}

variable "releaser_role" {
  description = "Full name of the role with what a release asks of the project."
  type        = string
}

variable "logs" {
  description = "Full name of the bucket of logs."
  type        = string
}

variable "images_repository" {
  description = "Repository of executors' images."
  type        = string
}

variable "functions_repository" {
  description = "Repository that Cloud Functions fills."
  type        = string
}

variable "source_bucket" {
  description = "Bucket of functions' sources."
  type        = string
}

variable "signing_key" {
  description = "Full name of the key that signs images."
  type        = string
}

variable "require_signed_image" {
  description = "Whether the project starts only what is signed."
  type        = bool
}
