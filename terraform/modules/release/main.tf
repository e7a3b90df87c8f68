terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

# Who makes releases: Cloud Build with an account of its own, and the account that builds functions from their source.
locals {
  release   = "serviceAccount:${var.release_account}"
  functions = "serviceAccount:${var.functions_account}"
}

resource "google_artifact_registry_repository_iam_member" "release" {
  for_each = { images = var.images_repository, functions = var.functions_repository }

  project    = var.project
  location   = var.region
  repository = each.value
  role       = "roles/artifactregistry.writer"
  member     = local.release
}

resource "google_artifact_registry_repository_iam_member" "functions" {
  project    = var.project
  location   = var.region
  repository = var.functions_repository
  role       = "roles/artifactregistry.writer"
  member     = local.functions
}

# Logs of builds are the project's.
resource "google_project_iam_member" "logs" {
  for_each = { release = local.release, functions = local.functions }

  project = var.project
  role    = "roles/logging.logWriter"
  member  = each.value
}

resource "google_storage_bucket_iam_member" "release" {
  bucket = var.source_bucket
  role   = "roles/storage.objectUser"
  member = local.release
}

resource "google_storage_bucket_iam_member" "functions" {
  bucket = var.source_bucket
  role   = "roles/storage.objectViewer"
  member = local.functions
}

# Cloud Functions copies sources into a bucket that it makes itself, with the first function.
resource "google_project_iam_member" "functions_source" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = local.functions

  condition {
    title       = "rodex-functions-source"
    description = "Cloud Functions' own copies of sources."
    expression  = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${var.number}-\")"
  }
}

resource "google_kms_crypto_key_iam_member" "release" {
  crypto_key_id = var.signing_key
  role          = "roles/cloudkms.signerVerifier"
  member        = local.release
}

# What deploying a function asks of the project, not of the function: a place for its source, and how the work goes on.
resource "google_project_iam_member" "releaser" {
  project = var.project
  role    = var.releaser_role
  member  = local.release
}

# Whether new revisions write errors: the logs of components alone.
resource "google_project_iam_member" "logs_of_revisions" {
  project = var.project
  role    = "roles/logging.viewAccessor"
  member  = local.release

  condition {
    title       = "rodex-logs"
    description = "Rodex's own logs."
    expression  = "resource.name == \"${var.logs}/views/_AllLogs\""
  }
}

# Images that came out of this pipeline carry its signature.
data "google_kms_crypto_key_version" "signing" {
  crypto_key = var.signing_key
}

resource "google_container_analysis_note" "built" {
  project           = var.project
  name              = "rodex-built"
  short_description = "Built and checked by Rodex's release pipeline."

  attestation_authority {
    hint {
      human_readable_name = "Rodex's release pipeline"
    }
  }
}

resource "google_binary_authorization_attestor" "built" {
  project     = var.project
  name        = "rodex-built"
  description = "Rodex's release pipeline."

  attestation_authority_note {
    note_reference = google_container_analysis_note.built.name

    public_keys {
      id = data.google_kms_crypto_key_version.signing.id

      pkix_public_key {
        public_key_pem      = data.google_kms_crypto_key_version.signing.public_key[0].pem
        signature_algorithm = data.google_kms_crypto_key_version.signing.public_key[0].algorithm
      }
    }
  }
}

resource "google_binary_authorization_attestor_iam_member" "release" {
  project  = var.project
  attestor = google_binary_authorization_attestor.built.name
  role     = "roles/binaryauthorization.attestorsViewer"
  member   = local.release
}

resource "google_container_analysis_note_iam_member" "release" {
  project = var.project
  note    = google_container_analysis_note.built.name
  role    = "roles/containeranalysis.notes.attacher"
  member  = local.release
}

resource "google_project_iam_member" "occurrences" {
  project = var.project
  role    = "roles/containeranalysis.occurrences.editor"
  member  = local.release
}

# Of the whole project, so it is asked for: whatever else in it opted in to Binary Authorization needs that signature too.
resource "google_binary_authorization_policy" "signed" {
  count = var.require_signed_image ? 1 : 0

  project                       = var.project
  description                   = "Rodex: images that its pipeline signed."
  global_policy_evaluation_mode = "ENABLE"

  default_admission_rule {
    evaluation_mode         = "REQUIRE_ATTESTATION"
    enforcement_mode        = "ENFORCED_BLOCK_AND_AUDIT_LOG"
    require_attestations_by = [google_binary_authorization_attestor.built.name]
  }
}
