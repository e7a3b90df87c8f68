terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
    google-beta = {
      source = "hashicorp/google-beta"
    }
  }
}

resource "google_project_service" "all" {
  for_each = toset(var.apis)

  project = var.project
  service = each.key

  # Something else in the project may use it too.
  disable_on_destroy = false
}

data "google_project" "this" {
  project_id = var.project

  depends_on = [google_project_service.all]
}

# Pub/Sub's own account, which is made late otherwise: roles are given to it below.
resource "google_project_service_identity" "pubsub" {
  provider = google-beta

  project = var.project
  service = "pubsub.googleapis.com"

  depends_on = [google_project_service.all]
}
