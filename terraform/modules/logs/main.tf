terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

locals {
  ours = join(" OR ", [
    "(resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^rodex-\")",
    "(resource.type=\"cloud_run_worker_pool\" AND resource.labels.worker_pool_name=\"rodex-executor\")",
  ])

  # Fields that the logger never writes. Should one ever slip through, the line is kept nowhere.
  payloads = join(" OR ", [
    for field in var.never_logged :
    "(jsonPayload.${field}:* AND NOT jsonPayload.${field}=\"[redacted]\")"
  ])

  # Addresses of request logs that are as good as a key.
  links = "log_id(\"run.googleapis.com/requests\") AND httpRequest.requestUrl=~\"/v1/downloads/\""
}

resource "google_logging_project_bucket_config" "rodex" {
  project        = var.project
  location       = var.region
  bucket_id      = "rodex"
  description    = "Rodex: what its components say."
  retention_days = var.retention_days
}

resource "google_logging_project_sink" "rodex" {
  project                = var.project
  name                   = "rodex"
  description            = "Rodex: what its components say, without payloads."
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.rodex.id}"
  filter                 = local.ours
  unique_writer_identity = true

  exclusions {
    name        = "payloads"
    description = "What somebody typed or read."
    filter      = local.payloads
  }

  exclusions {
    name        = "links"
    description = "Whoever reads a link may use it."
    filter      = local.links
  }
}

# Not a second time, and for payloads and links not at all.
resource "google_logging_project_exclusion" "rodex" {
  project     = var.project
  name        = "rodex"
  description = "Rodex has a bucket of its own."
  filter      = local.ours
}

# Who read which secret, who used which key.
resource "google_project_iam_audit_config" "all" {
  for_each = toset(["secretmanager.googleapis.com", "cloudkms.googleapis.com"])

  project = var.project
  service = each.key

  audit_log_config {
    log_type = "DATA_READ"
  }
}
