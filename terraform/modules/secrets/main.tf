terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
    random = {
      source = "hashicorp/random"
    }
  }
}

locals {
  ids = { for name in var.names : name => "rodex_platform_${name}" }
}

resource "google_secret_manager_secret" "all" {
  for_each = local.ids

  project   = var.project
  secret_id = each.value

  labels = merge(var.labels, {
    rodex-tenant = "platform"
    rodex-name   = each.key
    # The version that counts as long as no alias says otherwise.
    rodex-version = "1"
  })

  replication {
    auto {}
  }

  lifecycle {
    # Without its master key nothing that was stored can be read.
    prevent_destroy = true

    # Moved by whoever rotates by hand.
    ignore_changes = [version_aliases]
  }
}

# Made anew by each run and thrown away: only a new version number writes one. Neither the state nor a plan ever holds it.
ephemeral "random_password" "master_key" {
  # 32 bytes, 190 bits of chance; other keys are derived from it by HKDF.
  length  = 32
  special = false
}

ephemeral "random_password" "api_secret" {
  length  = 64
  special = false
}

resource "google_secret_manager_secret_version" "master_key" {
  secret                 = google_secret_manager_secret.all["master-key"].id
  secret_data_wo         = base64encode(ephemeral.random_password.master_key.result)
  secret_data_wo_version = 1

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_secret_manager_secret_version" "api_secret" {
  secret                 = google_secret_manager_secret.all["api-secret"].id
  secret_data_wo         = ephemeral.random_password.api_secret.result
  secret_data_wo_version = var.api_secret_version

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_secret_manager_secret_version" "gemini_api_key" {
  secret                 = google_secret_manager_secret.all["gemini-api-key"].id
  secret_data_wo         = var.gemini_api_key
  secret_data_wo_version = var.gemini_api_key_version

  lifecycle {
    create_before_destroy = true
  }
}
