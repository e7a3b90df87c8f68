# Whoever starts a component waits until it may do what it does.
output "emails" {
  description = "E-mail of each component's account, once it holds its roles."
  value       = var.emails

  depends_on = [
    google_pubsub_topic_iam_member.all,
    google_pubsub_topic_iam_member.replies,
    google_pubsub_subscription_iam_member.all,
    google_secret_manager_secret_iam_member.all,
    google_storage_bucket_iam_member.all,
    google_kms_crypto_key_iam_member.all,
    google_service_account_iam_member.itself,
    google_project_iam_member.database,
    google_project_iam_member.tenant_secrets,
    google_project_iam_member.telemetry,
  ]
}
