variable "project" {
  description = "Id of the project."
  type        = string
}

variable "number" {
  description = "Number of the project, by which conditions name secrets."
  type        = string
}

variable "components" {
  description = "What each component does."
  # Of topology: its parts differ in what they have.
  type = any
}

variable "abilities" {
  description = "What each ability takes."
  type = map(object({
    on    = string
    roles = list(string)
  }))
}

variable "subscriptions" {
  description = "Subscriptions and their topics."
  type = list(object({
    topic        = string
    subscription = string
  }))
}

variable "emails" {
  description = "E-mail of each component's account."
  type        = map(string)
}

variable "accounts" {
  description = "Full name of each component's account."
  type        = map(string)
}

variable "custom_roles" {
  description = "Full names of roles of ours."
  type        = map(string)
}

variable "topics" {
  description = "Topics that there are."
  type        = map(string)
}

variable "subscription_names" {
  description = "Subscriptions that there are."
  type        = map(string)
}

variable "secrets" {
  description = "Ids of the platform's own secrets."
  type        = map(string)
}

variable "buckets" {
  description = "Buckets by what they are for."
  type        = map(string)
}

variable "keys" {
  description = "Keys by what they are for."
  type        = map(string)
}

variable "database" {
  description = "Name of the Firestore database."
  type        = string
}

variable "reply_topics" {
  description = "Full names of topics of other systems that triggers publishes to."
  type        = list(string)
}

variable "telemetry" {
  description = "Whether components send traces and metrics to Google."
  type        = bool
}
