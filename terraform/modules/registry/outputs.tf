output "images" {
  description = "Name of the repository of executors' images."
  value       = google_artifact_registry_repository.rodex.repository_id
}

output "functions_repository" {
  description = "Name of the repository that Cloud Functions fills."
  value       = google_artifact_registry_repository.functions.repository_id
}

output "functions" {
  description = "Full name of the repository that Cloud Functions fills."
  value       = google_artifact_registry_repository.functions.id
}

output "url" {
  description = "What names of executors' images begin with."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.rodex.repository_id}"
}
