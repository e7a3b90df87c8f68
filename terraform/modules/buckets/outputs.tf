output "artifacts" {
  description = "Name of the bucket of artifacts."
  value       = google_storage_bucket.artifacts.name
}

output "audit" {
  description = "Name of the bucket of the signed log."
  value       = google_storage_bucket.audit.name
}

output "source" {
  description = "Name of the bucket of functions' sources."
  value       = google_storage_bucket.source.name
}
