output "attestor" {
  description = "Name of the attestor of images."
  value       = google_binary_authorization_attestor.built.name
}

output "release_account" {
  description = "E-mail of the account that Cloud Build runs releases as."
  value       = var.release_account
}

# Whoever has functions built waits until that account may build.
output "functions_account" {
  description = "Full name of the account that builds functions."
  value       = var.functions_account_id

  depends_on = [
    google_artifact_registry_repository_iam_member.functions,
    google_project_iam_member.functions_source,
    google_project_iam_member.logs,
    google_storage_bucket_iam_member.functions,
  ]
}
