variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of the subnetwork."
  type        = string
}

variable "cidr" {
  description = "Addresses of executors; each instance takes one or two."
  type        = string
}

variable "tags" {
  description = "Tags that executors carry."
  type        = list(string)
}

variable "private_ranges" {
  description = "Private ranges that browsers may reach."
  type        = list(string)
}

variable "private_ports" {
  description = "Ports of these."
  type        = list(string)
}
