terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

# Browsers. Chromium's sandbox stays on: worker pools run in the second generation environment, where user namespaces are there.
resource "google_cloud_run_v2_worker_pool" "executor" {
  project             = var.project
  location            = var.region
  name                = "rodex-executor"
  description         = "Rodex: acts in Chromium"
  launch_stage        = var.launch_stage
  deletion_protection = var.deletion_protection
  labels              = var.labels

  dynamic "binary_authorization" {
    for_each = var.require_signed_image ? [1] : []

    content {
      use_default = true
    }
  }

  # AUTOMATIC follows the CPU. MANUAL leaves the number to an external scaler, or to a person.
  scaling {
    scaling_mode          = var.scaling
    min_instance_count    = var.scaling == "AUTOMATIC" ? var.min_instances : null
    max_instance_count    = var.scaling == "AUTOMATIC" ? var.max_instances : null
    manual_instance_count = var.scaling == "MANUAL" ? var.min_instances : null
  }

  template {
    service_account = var.account
    labels          = var.labels

    containers {
      name  = "executor"
      image = var.image

      resources {
        limits = {
          cpu    = tostring(var.cpu)
          memory = "${var.memory_mib}Mi"
        }
      }

      dynamic "env" {
        for_each = var.environment

        content {
          name  = env.key
          value = env.value
        }
      }
    }

    # Everything that a browser sends goes through this network, its firewall and its NAT.
    vpc_access {
      egress = "ALL_TRAFFIC"

      network_interfaces {
        network    = var.network
        subnetwork = var.subnetwork
        tags       = var.tags
      }
    }
  }

  lifecycle {
    # The release pipeline rolls out images; a scaler sets the number.
    ignore_changes = [
      template[0].containers[0].image,
      scaling[0].manual_instance_count,
      client,
      client_version,
    ]
  }
}
