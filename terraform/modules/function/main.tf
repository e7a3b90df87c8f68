terraform {
  required_version = ">= 1.11"

  required_providers {
    archive = {
      source = "hashicorp/archive"
    }
    google = {
      source = "hashicorp/google"
    }
  }
}

data "archive_file" "source" {
  type             = "zip"
  source_dir       = var.bundle
  output_path      = "${path.root}/.terraform/rodex-${var.name}.zip"
  output_file_mode = "0644"

  lifecycle {
    precondition {
      condition     = fileexists("${var.bundle}/index.mjs")
      error_message = "There is no bundle of ${var.name} in ${var.bundle}: run `npm ci && npm run bundle` in the checkout first."
    }
  }
}

resource "google_storage_bucket_object" "source" {
  bucket       = var.source_bucket
  name         = "${var.name}/${data.archive_file.source.output_sha256}.zip"
  source       = data.archive_file.source.output_path
  content_type = "application/zip"

  # The function was built from it: it stays when a newer one comes.
  deletion_policy = "ABANDON"
}

resource "google_cloudfunctions2_function" "this" {
  project     = var.project
  location    = var.region
  name        = "rodex-${var.name}"
  description = "Rodex: ${var.name}"
  labels      = var.labels

  build_config {
    runtime         = var.runtime
    entry_point     = var.name
    service_account = var.build_account

    docker_repository = var.docker_repository

    source {
      storage_source {
        bucket = google_storage_bucket_object.source.bucket
        object = google_storage_bucket_object.source.name
      }
    }

    automatic_update_policy {}
  }

  service_config {
    service_account_email            = var.account
    available_cpu                    = var.cpu
    available_memory                 = "${var.memory_mib}Mi"
    timeout_seconds                  = var.timeout_seconds
    max_instance_request_concurrency = var.concurrency
    min_instance_count               = var.min_instances
    max_instance_count               = var.max_instances
    ingress_settings                 = var.ingress
    all_traffic_on_latest_revision   = true
    environment_variables            = var.environment

    dynamic "secret_environment_variables" {
      for_each = var.secret_environment

      content {
        project_id = var.project
        key        = secret_environment_variables.key
        secret     = secret_environment_variables.value.secret
        version    = secret_environment_variables.value.version
      }
    }
  }

  lifecycle {
    # The release pipeline rolls out sources and moves traffic.
    ignore_changes = [
      build_config[0].source,
      service_config[0].all_traffic_on_latest_revision,
    ]
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project
  location = var.region
  name     = google_cloudfunctions2_function.this.name
  role     = "roles/run.invoker"
  member   = each.value
}
