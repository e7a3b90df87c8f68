terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

# What the release pipeline may change: these functions, this pool, and nothing else that runs in the project.
locals {
  member = "serviceAccount:${var.release_account}"
}

resource "google_cloudfunctions2_function_iam_member" "release" {
  for_each = var.functions

  project        = var.project
  location       = var.region
  cloud_function = each.value
  role           = "roles/cloudfunctions.developer"
  member         = local.member
}

resource "google_cloud_run_v2_service_iam_member" "release" {
  for_each = var.functions

  project  = var.project
  location = var.region
  name     = each.value
  role     = "roles/run.developer"
  member   = local.member
}

resource "google_cloud_run_v2_worker_pool_iam_member" "release" {
  project  = var.project
  location = var.region
  name     = var.worker_pool
  role     = "roles/run.developer"
  member   = local.member
}

# Whoever rolls out a component hands it its account.
resource "google_service_account_iam_member" "release" {
  for_each = var.accounts

  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = local.member
}
