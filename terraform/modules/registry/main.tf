terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

resource "google_artifact_registry_repository" "rodex" {
  project       = var.project
  location      = var.region
  repository_id = "rodex"
  description   = "Images of executors."
  format        = "DOCKER"
  labels        = var.labels

  docker_config {
    # A tag that was rolled out means the same for ever.
    immutable_tags = true
  }

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = var.keep_versions
    }
  }

  cleanup_policies {
    id     = "remove-old"
    action = "DELETE"

    condition {
      older_than = "2592000s"
    }
  }
}

# What Cloud Functions makes of sources; it moves tags of its own.
resource "google_artifact_registry_repository" "functions" {
  project       = var.project
  location      = var.region
  repository_id = "rodex-functions"
  description   = "Images that Cloud Functions builds."
  format        = "DOCKER"
  labels        = var.labels

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = var.keep_versions
    }
  }

  cleanup_policies {
    id     = "remove-old"
    action = "DELETE"

    condition {
      older_than = "2592000s"
    }
  }
}
