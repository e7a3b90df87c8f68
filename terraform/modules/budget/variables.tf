variable "project" {
  description = "Id of the project."
  type        = string
}

variable "number" {
  description = "Number of the project."
  type        = string
}

variable "billing_account" {
  description = "Id of the billing account."
  type        = string
}

variable "amount" {
  description = "What a month may cost."
  type        = number
}

variable "currency" {
  description = "Currency of the billing account."
  type        = string
}

variable "channels" {
  description = "Who is told."
  type        = list(string)
}
