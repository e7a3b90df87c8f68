# Rodex on Google Cloud. README.md tells how to go from an empty project to running.
locals {
  # What the code needs: the same file that start checks and `rodex doctor --gcp` read.
  topology = jsondecode(file("${path.module}/../shared/platform/gcp-topology.json"))

  functions     = [for name, spec in local.topology.components : name if spec.runs == "function"]
  push_defaults = local.topology.push

  subscriptions = [
    for declared in concat(local.topology.subscriptions, [
      for tenant in sort(keys(var.tenants)) : {
        topic        = "${local.topology.runRequests.prefix}${tenant}"
        subscription = "${local.topology.runRequests.prefix}${tenant}"
        pushTo       = local.topology.runRequests.pushTo
      }
    ]) : merge({ pushTo = null }, local.push_defaults, declared)
  ]

  bucket_prefix    = coalesce(var.bucket_prefix, var.project)
  storage_location = coalesce(var.storage_location, var.region)
  bundles          = coalesce(var.bundles, "${path.module}/../bundles")
  tags             = ["rodex-executor"]

  # Who calls each function: its pushes and ticks, or whoever the API lets in.
  invokers = {
    for name in local.functions :
    name => name == "api" ? { for member in var.api_invokers : member => member } : { push = "serviceAccount:${module.identities.emails["push"]}" }
  }
  concurrency = { api = 80, planner = 8, scheduler = 1, triggers = 20 }
}

module "services" {
  source = "./modules/services"

  project = var.project
  apis    = local.topology.apis
}

module "identities" {
  source = "./modules/identities"

  project      = module.services.project
  components   = keys(local.topology.components)
  custom_roles = local.topology.customRoles
}

module "registry" {
  source = "./modules/registry"

  project = module.services.project
  region  = var.region
  labels  = var.labels
}

module "keys" {
  source = "./modules/keys"

  project          = module.services.project
  region           = var.region
  names            = local.topology.keys
  protection_level = var.key_protection
  labels           = var.labels
}

module "secrets" {
  source = "./modules/secrets"

  project                = module.services.project
  names                  = values(local.topology.secrets)
  gemini_api_key         = var.gemini_api_key
  gemini_api_key_version = var.gemini_api_key_version
  api_secret_version     = var.api_secret_version
  labels                 = var.labels
}

module "buckets" {
  source = "./modules/buckets"

  project                = module.services.project
  location               = local.storage_location
  artifacts_name         = "${local.bucket_prefix}-${local.topology.buckets.artifacts.suffix}"
  artifacts_lifecycle    = local.topology.buckets.artifacts.lifecycle
  artifact_days          = var.artifact_days
  audit_name             = "${local.bucket_prefix}-${local.topology.buckets.audit.suffix}"
  audit_retention_days   = var.audit_retention_days
  audit_retention_locked = var.audit_retention_locked
  source_name            = "${local.bucket_prefix}-rodex-source"
  deletion_protection    = var.deletion_protection
  labels                 = var.labels
}

module "firestore" {
  source = "./modules/firestore"

  project             = module.services.project
  database            = var.firestore_database
  location            = coalesce(var.firestore_location, var.region)
  backup_days         = var.backup_days
  deletion_protection = var.deletion_protection
}

module "messages" {
  source = "./modules/messages"

  project         = module.services.project
  topics          = local.topology.topics
  subscriptions   = local.subscriptions
  endpoints       = local.urls
  push_account    = module.identities.emails["push"]
  push_account_id = module.identities.ids["push"]
  pubsub_agent    = module.services.pubsub_agent
  publishers      = { for tenant, spec in var.tenants : "${local.topology.runRequests.prefix}${tenant}" => spec.publishers }
  labels          = var.labels
}

module "access" {
  source = "./modules/access"

  project            = module.services.project
  number             = module.services.number
  components         = local.topology.components
  abilities          = local.topology.abilities
  subscriptions      = local.subscriptions
  emails             = module.identities.emails
  accounts           = module.identities.ids
  custom_roles       = module.identities.custom_roles
  topics             = module.messages.topics
  subscription_names = module.messages.subscriptions
  secrets            = module.secrets.ids
  buckets            = { artifacts = module.buckets.artifacts, audit = module.buckets.audit }
  keys               = { run-keys = module.keys.run_keys, checkpoints = module.keys.checkpoints }
  database           = module.firestore.database
  reply_topics       = var.reply_topics
  telemetry          = var.telemetry
}

module "function" {
  source   = "./modules/function"
  for_each = toset(local.functions)

  project            = module.services.project
  region             = var.region
  name               = each.key
  bundle             = "${local.bundles}/${each.key}"
  source_bucket      = module.buckets.source
  runtime            = "nodejs24"
  account            = module.access.emails[each.key]
  build_account      = module.release.functions_account
  docker_repository  = module.registry.functions
  cpu                = "1"
  memory_mib         = local.topology.components[each.key].memoryMiB
  timeout_seconds    = local.topology.components[each.key].timeoutSeconds
  concurrency        = local.concurrency[each.key]
  min_instances      = try(var.functions[each.key].min, 0)
  max_instances      = try(var.functions[each.key].max, 10)
  ingress            = each.key == "api" ? var.api_ingress : "ALLOW_INTERNAL_ONLY"
  environment        = local.environments[each.key]
  secret_environment = local.secret_environments[each.key]
  invokers           = local.invokers[each.key]
  labels             = var.labels
}

module "network" {
  source = "./modules/network"

  project        = module.services.project
  region         = var.region
  cidr           = var.egress_cidr
  tags           = local.tags
  private_ranges = var.private_ranges
  private_ports  = distinct([for host in var.private_hosts : reverse(split(":", host))[0]])
}

module "executor" {
  source = "./modules/executor"

  project              = module.services.project
  region               = var.region
  image                = coalesce(var.executor_image, "us-docker.pkg.dev/cloudrun/container/worker-pool:latest")
  require_signed_image = var.require_signed_image
  account              = module.access.emails["executor"]
  cpu                  = var.executors.cpu
  memory_mib           = var.executors.memory_mib
  scaling              = var.executors.scaling
  launch_stage         = var.executors.launch_stage
  min_instances        = var.executors.min
  max_instances        = var.executors.max
  environment          = local.environments["executor"]
  network              = module.network.network
  subnetwork           = module.network.subnetwork
  tags                 = local.tags
  deletion_protection  = var.deletion_protection
  labels               = var.labels
}

module "tick" {
  source = "./modules/tick"

  project         = module.services.project
  region          = var.region
  url             = local.urls["scheduler"]
  account         = module.identities.emails["push"]
  timeout_seconds = local.topology.components["scheduler"].timeoutSeconds
}

module "release" {
  source = "./modules/release"

  project              = module.services.project
  number               = module.services.number
  region               = var.region
  release_account      = module.identities.emails["build"]
  functions_account    = module.identities.emails["functions"]
  functions_account_id = module.identities.ids["functions"]
  images_repository    = module.registry.images
  functions_repository = module.registry.functions_repository
  source_bucket        = module.buckets.source
  signing_key          = module.keys.image_signing
  releaser_role        = module.identities.custom_roles["rodexReleaser"]
  logs                 = module.logs.bucket
  require_signed_image = var.require_signed_image
}

module "roll_out" {
  source = "./modules/roll-out"

  project         = module.services.project
  region          = var.region
  release_account = module.release.release_account
  accounts        = { for name in concat(keys(local.topology.components), ["functions"]) : name => module.identities.ids[name] }
  functions       = { for name, function in module.function : name => function.name }
  worker_pool     = module.executor.name
}

module "logs" {
  source = "./modules/logs"

  project        = module.services.project
  region         = var.region
  retention_days = var.log_days
  never_logged   = local.topology.neverLogged
}

module "alerts" {
  source = "./modules/alerts"

  project         = module.services.project
  emails          = var.alert_emails
  telemetry       = var.telemetry
  stuck_minutes   = var.alerts.stuck_minutes
  refusals        = var.alerts.refusals
  uncertain_steps = var.alerts.uncertain_steps
  api_errors      = var.alerts.api_errors
  model_usd_a_day = var.alerts.model_usd_a_day
}

module "dashboard" {
  source = "./modules/dashboard"
  count  = var.telemetry ? 1 : 0

  project = module.services.project
}

module "budget" {
  source = "./modules/budget"
  count  = var.billing_account == null ? 0 : 1

  project         = module.services.project
  number          = module.services.number
  billing_account = var.billing_account
  amount          = var.budget.amount
  currency        = var.budget.currency
  channels        = module.alerts.channels
}

# Read in every plan: says what is wrong before anything is made.
resource "terraform_data" "settings" {
  input = local.wrong_settings

  lifecycle {
    precondition {
      condition     = length(local.wrong_settings) == 0
      error_message = "Settings that the component does not take, or that have a variable of their own here: ${join(", ", local.wrong_settings)}. .env.example explains each, shared/platform/gcp-topology.json says who takes which."
    }

    precondition {
      condition     = length(var.private_hosts) == 0 || length(var.private_ranges) > 0
      error_message = "private_hosts are open to the executor's proxy, but the firewall is not: give private_ranges their addresses too."
    }
  }
}
