output "api_url" {
  description = "Address of the API."
  value       = local.urls["api"]
}

output "next" {
  description = "What to do next."
  value       = <<-EOT
    1. Roll out the executor (and sign its image):
         gcloud builds submit --project=${var.project} --region=${var.region} --config=cloudbuild.yaml --gcs-source-staging-dir=gs://${module.buckets.source}/releases
    2. Look whether anything is missing:
         RODEX_PLATFORM=gcp GOOGLE_CLOUD_PROJECT=${var.project} RODEX_BUCKET=${module.buckets.artifacts} RODEX_AUDIT_BUCKET=${module.buckets.audit} RODEX_KMS_KEY=${module.keys.run_keys} npx rodex doctor --gcp
    3. Make a key, as one of the admins:
         gcloud auth print-identity-token | npx rodex context set cloud --url ${local.urls["api"]} --key && npx rodex context use cloud
         npx rodex keys create me --role operator
    4. Start a run:
         npx rodex run 'Return the title.' --url https://example.com
  EOT
}

output "project_number" {
  description = "The project's number, which names of Google's own accounts hold."
  value       = module.services.number
}

output "service_accounts" {
  description = "E-mail of each account, by what it is for."
  value       = module.identities.emails
}

output "image" {
  description = "What the executor's images are called, without a tag."
  value       = "${module.registry.url}/executor"
}

output "functions" {
  description = "Cloud Run services of functions."
  value       = { for name, function in module.function : name => function.name }
}

output "worker_pool" {
  description = "Worker pool of executors."
  value       = module.executor.name
}

output "buckets" {
  description = "Buckets, by what they are for."
  value = {
    artifacts = module.buckets.artifacts
    audit     = module.buckets.audit
    source    = module.buckets.source
  }
}

output "keys" {
  description = "Cloud KMS keys: what wraps keys of runs, signs checkpoints, signs images."
  value = {
    run_keys      = module.keys.run_keys
    checkpoints   = module.keys.checkpoints
    image_signing = module.keys.image_signing
  }
}

output "run_request_topics" {
  description = "Topics that start runs, by tenant."
  value       = { for tenant in keys(var.tenants) : tenant => module.messages.topics["${local.topology.runRequests.prefix}${tenant}"] }
}

output "attestor" {
  description = "Attestor of signed images."
  value       = module.release.attestor
}

output "logs" {
  description = "Bucket of logs."
  value       = module.logs.bucket
}

output "dashboard" {
  description = "Dashboard, where telemetry is on."
  value       = one(module.dashboard[*].id)
}
