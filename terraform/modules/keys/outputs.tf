output "run_keys" {
  description = "Full name of the key that wraps keys of runs."
  value       = google_kms_crypto_key.run_keys.id
}

output "checkpoints" {
  description = "Full name of the key that signs checkpoints."
  value       = google_kms_crypto_key.checkpoints.id
}

output "image_signing" {
  description = "Full name of the key that signs images."
  value       = google_kms_crypto_key.image_signing.id
}
