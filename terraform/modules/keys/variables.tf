variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of the keys."
  type        = string
}

variable "names" {
  description = "What keys are called."
  type = object({
    runKeys     = string
    checkpoints = string
  })
}

variable "protection_level" {
  description = "Where the key of runs is kept: SOFTWARE or HSM."
  type        = string
}

variable "labels" {
  description = "Labels of everything that takes them."
  type        = map(string)
}
