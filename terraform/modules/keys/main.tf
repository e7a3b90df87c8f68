terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

resource "google_kms_key_ring" "rodex" {
  project  = var.project
  location = var.region
  name     = "rodex"
}

# Wraps the key of each run. What was wrapped names its version, so rotation needs nothing else.
resource "google_kms_crypto_key" "run_keys" {
  name            = var.names.runKeys
  key_ring        = google_kms_key_ring.rodex.id
  purpose         = "ENCRYPT_DECRYPT"
  rotation_period = "7776000s"
  labels          = var.labels

  # An erased run stays unreadable; a key that was removed by mistake can be had back.
  destroy_scheduled_duration = "2592000s"

  version_template {
    algorithm        = "GOOGLE_SYMMETRIC_ENCRYPTION"
    protection_level = var.protection_level
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Signs checkpoints of the log. A new version is another signer: see docs/security/verify-audit.md first.
resource "google_kms_crypto_key" "checkpoints" {
  name                       = var.names.checkpoints
  key_ring                   = google_kms_key_ring.rodex.id
  purpose                    = "ASYMMETRIC_SIGN"
  destroy_scheduled_duration = "2592000s"
  labels                     = var.labels

  version_template {
    algorithm        = "EC_SIGN_ED25519"
    protection_level = "SOFTWARE"
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Signs images that the release pipeline built.
resource "google_kms_crypto_key" "image_signing" {
  name                       = "image-signing"
  key_ring                   = google_kms_key_ring.rodex.id
  purpose                    = "ASYMMETRIC_SIGN"
  destroy_scheduled_duration = "2592000s"
  labels                     = var.labels

  version_template {
    algorithm        = "EC_SIGN_P256_SHA256"
    protection_level = "SOFTWARE"
  }

  lifecycle {
    prevent_destroy = true
  }
}
