terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

# Starts what is due, wakes what stands still, signs the log. A tick that comes twice or late does no harm, so none is tried again.
resource "google_cloud_scheduler_job" "tick" {
  project          = var.project
  region           = var.region
  name             = "rodex-tick"
  description      = "Rodex: a minute has passed"
  schedule         = "* * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "${var.timeout_seconds}s"

  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = "${var.url}/"

    oidc_token {
      service_account_email = var.account
      audience              = var.url
    }
  }
}
