variable "project" {
  description = "Id of the project."
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

variable "accounts" {
  description = "Full names of accounts that a release hands to what it rolls out, by what they are for."
  type        = map(string)
}

variable "functions" {
  description = "Names of functions, by component."
  type        = map(string)
}

variable "worker_pool" {
  description = "Name of the worker pool."
  type        = string
}
