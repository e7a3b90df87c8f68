variable "project" {
  description = "Id of the project."
  type        = string
}

variable "topics" {
  description = "Topics, those without a subscription of ours among them."
  type        = list(string)
}

variable "subscriptions" {
  description = "Subscriptions, with the function that each is pushed to; without one it is pulled."
  type = list(object({
    topic               = string
    subscription        = string
    pushTo              = optional(string)
    ackDeadlineSeconds  = number
    maxDeliveryAttempts = number
    minBackoffSeconds   = number
    maxBackoffSeconds   = number
  }))
}

variable "endpoints" {
  description = "Address of each function; also what tokens of pushes are for."
  type        = map(string)
}

variable "push_account" {
  description = "E-mail of the account that pushes are signed by."
  type        = string
}

variable "push_account_id" {
  description = "Full name of that account."
  type        = string
}

variable "pubsub_agent" {
  description = "Pub/Sub's own account, as a member."
  type        = string
}

variable "publishers" {
  description = "Members that may publish, by topic."
  type        = map(list(string))
}

variable "labels" {
  description = "Labels of everything that takes them."
  type        = map(string)
}
