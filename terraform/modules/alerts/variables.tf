variable "project" {
  description = "Id of the project."
  type        = string
}

variable "emails" {
  description = "Who is told."
  type        = list(string)
}

variable "telemetry" {
  description = "Whether components send metrics to Google: without them there are fewer alerts."
  type        = bool
}

variable "stuck_minutes" {
  description = "Minutes without a step after which open runs are stuck."
  type        = number
}

variable "refusals" {
  description = "Refusals of one code, of one tenant, within ten minutes that are too many."
  type        = number
}

variable "uncertain_steps" {
  description = "Steps of unknown outcome, of one tenant, within an hour that are too many."
  type        = number
}

variable "api_errors" {
  description = "Answers 5xx of the API within five minutes that are too many."
  type        = number
}

variable "model_usd_a_day" {
  description = "What the model may cost within a day before somebody is told."
  type        = number
}
