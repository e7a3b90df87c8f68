variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of the function."
  type        = string
}

variable "name" {
  description = "Component, which is the function's entry point too."
  type        = string
}

variable "bundle" {
  description = "Folder that `npm run bundle` made."
  type        = string
}

variable "source_bucket" {
  description = "Bucket that the source is put into."
  type        = string
}

variable "runtime" {
  description = "Runtime of Cloud Functions."
  type        = string
}

variable "account" {
  description = "E-mail of the account that the function runs as."
  type        = string
}

variable "build_account" {
  description = "Full name of the account that builds it."
  type        = string
}

variable "docker_repository" {
  description = "Full name of the repository that its image is put into."
  type        = string
}

variable "cpu" {
  description = "CPUs of an instance."
  type        = string
}

variable "memory_mib" {
  description = "Memory of an instance in MiB."
  type        = number
}

variable "timeout_seconds" {
  description = "Longest time of a request."
  type        = number
}

variable "concurrency" {
  description = "Requests that one instance answers at once."
  type        = number
}

variable "min_instances" {
  description = "Instances that stay when nobody asks."
  type        = number
}

variable "max_instances" {
  description = "Most instances."
  type        = number
}

variable "ingress" {
  description = "Who reaches it over the network: ALLOW_ALL, ALLOW_INTERNAL_ONLY or ALLOW_INTERNAL_AND_GCLB."
  type        = string
}

variable "environment" {
  description = "Variables."
  type        = map(string)
}

variable "secret_environment" {
  description = "Variables that come out of a secret."
  type = map(object({
    secret  = string
    version = string
  }))
}

variable "invokers" {
  description = "Members that may call it, by what they are for."
  type        = map(string)
}

variable "labels" {
  description = "Labels of everything that takes them."
  type        = map(string)
}
