terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

# Every role that a component needs, each on the smallest thing that Google takes it for.
locals {
  deeds = flatten([
    for component, spec in var.components : [
      for deed in spec.does : [
        for role in var.abilities[deed.can].roles : {
          component = component
          on        = var.abilities[deed.can].on
          to        = try(deed.to, "")
          role      = role
        }
      ]
    ]
  ])

  topic_of = { for spec in var.subscriptions : spec.subscription => spec.topic }

  deliveries = [for deed in local.deeds : deed if deed.on == "delivery"]

  on_topics = concat(
    [for deed in local.deeds : merge(deed, { name = deed.to }) if deed.on == "topic"],
    [for deed in local.deliveries : merge(deed, { name = local.topic_of[deed.to] })],
    [for deed in local.deliveries : merge(deed, { name = "${deed.to}-dead" })],
    # A star at the end stands for every tenant.
    flatten([
      for deed in local.deeds : [
        for name in keys(local.topic_of) : merge(deed, { name = "${name}-dead" })
        if name == deed.to || endswith(deed.to, "*") && startswith(name, trimsuffix(deed.to, "*"))
      ] if deed.on == "dead-letters"
    ]),
  )

  on_subscriptions = concat(
    [for deed in local.deeds : merge(deed, { name = deed.to }) if deed.on == "subscription"],
    [for deed in local.deliveries : merge(deed, { name = deed.to })],
    [for deed in local.deliveries : merge(deed, { name = "${deed.to}-dead" })],
  )

  members = { for component, email in var.emails : component => "serviceAccount:${email}" }

  secrets_of_tenants = join(" && ", [
    "resource.name.startsWith(\"projects/${var.number}/secrets/rodex_\")",
    "!resource.name.startsWith(\"projects/${var.number}/secrets/rodex_platform_\")",
  ])
}

resource "google_pubsub_topic_iam_member" "all" {
  for_each = {
    for deed in local.on_topics : "${deed.component} ${deed.role} ${deed.name}" => deed...
  }

  project = var.project
  topic   = var.topics[each.value[0].name]
  role    = each.value[0].role
  member  = local.members[each.value[0].component]
}

# Topics of other systems, which may be of other projects.
resource "google_pubsub_topic_iam_member" "replies" {
  for_each = toset(var.reply_topics)

  project = split("/", each.key)[1]
  topic   = split("/", each.key)[3]
  role    = "roles/pubsub.publisher"
  member  = local.members["triggers"]
}

resource "google_pubsub_subscription_iam_member" "all" {
  for_each = {
    for deed in local.on_subscriptions : "${deed.component} ${deed.role} ${deed.name}" => deed...
  }

  project      = var.project
  subscription = var.subscription_names[each.value[0].name]
  role         = each.value[0].role
  member       = local.members[each.value[0].component]
}

resource "google_secret_manager_secret_iam_member" "all" {
  for_each = {
    for deed in local.deeds : "${deed.component} ${deed.role} ${deed.to}" => deed
    if deed.on == "secret"
  }

  project   = var.project
  secret_id = var.secrets[each.value.to]
  role      = each.value.role
  member    = local.members[each.value.component]
}

resource "google_storage_bucket_iam_member" "all" {
  for_each = {
    for deed in local.deeds : "${deed.component} ${deed.role} ${deed.on}" => deed
    if contains(["artifacts", "audit"], deed.on)
  }

  bucket = var.buckets[each.value.on]
  role   = each.value.role
  member = local.members[each.value.component]
}

resource "google_kms_crypto_key_iam_member" "all" {
  for_each = {
    for deed in local.deeds : "${deed.component} ${deed.role} ${deed.on}" => deed
    if contains(["run-keys", "checkpoints"], deed.on)
  }

  crypto_key_id = var.keys[each.value.on]
  role          = each.value.role
  member        = local.members[each.value.component]
}

# Signs URLs as itself.
resource "google_service_account_iam_member" "itself" {
  for_each = {
    for deed in local.deeds : "${deed.component} ${deed.role}" => deed
    if deed.on == "itself"
  }

  service_account_id = var.accounts[each.value.component]
  role               = each.value.role
  member             = local.members[each.value.component]
}

# Firestore takes roles for the whole project alone: the condition leaves this database.
resource "google_project_iam_member" "database" {
  for_each = {
    for deed in local.deeds : "${deed.component} ${deed.role}" => deed
    if deed.on == "database"
  }

  project = var.project
  role    = each.value.role
  member  = local.members[each.value.component]

  condition {
    title       = "rodex-database"
    description = "Rodex's own database."
    expression  = "resource.name == \"projects/${var.project}/databases/${var.database}\""
  }
}

# Secrets of tenants come and go: the condition leaves those, without the platform's own. Making one is asked of the project, as it is not there yet.
resource "google_project_iam_member" "tenant_secrets" {
  for_each = {
    for deed in local.deeds : "${deed.component} ${deed.role}" => deed
    if deed.on == "tenant-secrets"
  }

  project = var.project
  role    = var.custom_roles[each.value.role]
  member  = local.members[each.value.component]

  dynamic "condition" {
    for_each = each.value.role == "rodexSecretMaker" ? [] : [1]

    content {
      title       = "rodex-tenant-secrets"
      description = "Secrets of tenants."
      expression  = local.secrets_of_tenants
    }
  }
}

resource "google_project_iam_member" "telemetry" {
  for_each = {
    for deed in local.deeds : "${deed.component} ${deed.role}" => deed
    if deed.on == "project" && var.telemetry
  }

  project = var.project
  role    = each.value.role
  member  = local.members[each.value.component]
}
