terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

resource "google_storage_bucket" "artifacts" {
  project                     = var.project
  name                        = var.artifacts_name
  location                    = var.location
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection
  labels                      = var.labels

  # What is erased is gone, at once.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  # Parts of uploads that a crash left.
  dynamic "lifecycle_rule" {
    for_each = var.artifacts_lifecycle

    content {
      action {
        type = "Delete"
      }

      condition {
        age            = lifecycle_rule.value.deleteAfterDays
        matches_prefix = [lifecycle_rule.value.prefix]
      }
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }

    condition {
      age = 1
    }
  }

  # Artifacts of runs that nobody will look at any more.
  dynamic "lifecycle_rule" {
    for_each = var.artifact_days == null ? [] : [var.artifact_days]

    content {
      action {
        type = "Delete"
      }

      condition {
        age            = lifecycle_rule.value
        matches_prefix = ["artifacts/"]
      }
    }
  }
}

# The signed log: written once. Locked, nobody can shorten the time, its owner included, and the project cannot be deleted before.
resource "google_storage_bucket" "audit" {
  project                     = var.project
  name                        = var.audit_name
  location                    = var.location
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  labels                      = var.labels

  retention_policy {
    retention_period = var.audit_retention_days * 86400
    is_locked        = var.audit_retention_locked
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Sources of functions, as they were built.
resource "google_storage_bucket" "source" {
  project                     = var.project
  name                        = var.source_name
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  labels                      = var.labels

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age                = 365
      num_newer_versions = 10
    }
  }

  versioning {
    enabled = true
  }
}
