terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

locals {
  others = {
    push      = "Rodex: posts messages and ticks to functions"
    functions = "Rodex: builds functions from their source"
    build     = "Rodex: checks, builds and rolls out releases"
  }
  accounts = merge(
    { for component in var.components : component => "Rodex: ${component}" },
    local.others,
  )
}

resource "google_service_account" "all" {
  for_each = local.accounts

  project      = var.project
  account_id   = "rodex-${each.key}"
  display_name = each.value
}

# Permissions that no role of Google's has without more.
resource "google_project_iam_custom_role" "all" {
  for_each = var.custom_roles

  project     = var.project
  role_id     = each.key
  title       = each.key
  description = "Made by Rodex: ${join(", ", each.value)}."
  permissions = each.value
}
