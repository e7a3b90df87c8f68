terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

locals {
  # The file that the code checks its queries against.
  declared = jsondecode(file("${path.module}/../../../shared/state/firestore-indexes.json"))

  indexes = {
    for index in local.declared.indexes :
    join(" ", concat(
      [index.collectionGroup, index.queryScope],
      [for field in index.fields : "${field.fieldPath}:${field.order}"],
    )) => index
  }
  fields = {
    for field in local.declared.fieldOverrides :
    "${field.collectionGroup} ${field.fieldPath}" => field
  }
}

resource "google_firestore_database" "rodex" {
  project     = var.project
  name        = var.database
  location_id = var.location
  type        = "FIRESTORE_NATIVE"

  # The journal checks versions itself; transactions that wait for each other help nobody.
  concurrency_mode                  = "OPTIMISTIC"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.deletion_protection ? "ABANDON" : "DELETE"
}

resource "google_firestore_backup_schedule" "daily" {
  project   = var.project
  database  = google_firestore_database.rodex.name
  retention = "${var.backup_days * 86400}s"

  daily_recurrence {}
}

resource "google_firestore_index" "all" {
  for_each = local.indexes

  project     = var.project
  database    = google_firestore_database.rodex.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path = fields.value.fieldPath
      order      = fields.value.order
    }
  }
}

# Exemptions, single-field indexes of collection groups, and what expires.
resource "google_firestore_field" "all" {
  for_each = local.fields

  project    = var.project
  database   = google_firestore_database.rodex.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  # Without an index in it: none.
  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes

      content {
        order       = indexes.value.order
        query_scope = indexes.value.queryScope
      }
    }
  }

  dynamic "ttl_config" {
    for_each = lookup(each.value, "ttl", false) ? [1] : []

    content {}
  }
}
