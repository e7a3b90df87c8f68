output "ids" {
  description = "Id of each secret by its name, once it has a version."
  value       = { for name, secret in google_secret_manager_secret.all : name => secret.secret_id }

  depends_on = [
    google_secret_manager_secret_version.master_key,
    google_secret_manager_secret_version.api_secret,
    google_secret_manager_secret_version.gemini_api_key,
  ]
}

output "versions" {
  description = "Version of each secret that reaches a function as a variable."
  value = {
    "api-secret"     = google_secret_manager_secret_version.api_secret.version
    "gemini-api-key" = google_secret_manager_secret_version.gemini_api_key.version
  }
}
