# Whoever takes the project from here waits until its services are on.
output "project" {
  description = "Id of the project, with its services on."
  value       = var.project

  depends_on = [google_project_service.all]
}

output "number" {
  description = "Number of the project."
  value       = data.google_project.this.number
}

output "pubsub_agent" {
  description = "Pub/Sub's own account, as a member."
  value       = "serviceAccount:${google_project_service_identity.pubsub.email}"
}
