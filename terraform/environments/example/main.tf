# One deployment: copy this folder, once for each. README.md tells the rest.
terraform {
  required_version = ">= 1.11"

  # Where the state lives, for everybody who applies. The bucket is made once, by hand, with versions:
  #   gcloud storage buckets create gs://YOUR-PROJECT-terraform --location=us-central1 --uniform-bucket-level-access --public-access-prevention
  #   gcloud storage buckets update gs://YOUR-PROJECT-terraform --versioning
  backend "gcs" {
    bucket = "acme-rodex-terraform"
    prefix = "rodex"
  }

  required_providers {
    google = {
      source = "hashicorp/google"
    }
    google-beta = {
      source = "hashicorp/google-beta"
    }
  }
}

# Quotas of calls are this project's, whoever applies.
provider "google" {
  project               = local.project
  billing_project       = local.project
  user_project_override = true
}

provider "google-beta" {
  project               = local.project
  billing_project       = local.project
  user_project_override = true
}

locals {
  project = "acme-rodex"
}

module "rodex" {
  source = "../.."

  project = local.project
  region  = "us-central1"
  admins  = ["admin@acme.example"]

  gemini_api_key         = var.gemini_api_key
  gemini_api_key_version = 1

  alert_emails    = ["on-call@acme.example"]
  billing_account = "012345-6789AB-CDEF01"
  budget          = { amount = 300 }

  functions = {
    api     = { min = 1 }
    planner = { min = 1 }
  }

  executors = { max = 10 }

  settings = {
    planner = { RODEX_BUDGET_DAY_MICRO_USD = "50000000" }
  }

  audit_retention_days   = 365
  audit_retention_locked = true
}
