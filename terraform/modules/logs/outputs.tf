output "bucket" {
  description = "Full name of the bucket of logs."
  value       = google_logging_project_bucket_config.rodex.id
}
