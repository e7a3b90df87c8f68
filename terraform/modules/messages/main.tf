terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

locals {
  subscriptions = { for spec in var.subscriptions : spec.subscription => spec }
  topics        = toset(concat(var.topics, [for spec in var.subscriptions : spec.topic]))

  # Copies that are meant for one subscription alone are not for the others.
  filter_start = "NOT attributes:rodexOnly OR attributes.rodexOnly = "
}

resource "google_pubsub_topic" "all" {
  for_each = local.topics

  project = var.project
  name    = each.key
  labels  = var.labels
}

# What was set aside: by Pub/Sub after its last attempt, by the code with its reason.
resource "google_pubsub_topic" "dead" {
  for_each = local.subscriptions

  project = var.project
  name    = "${each.key}-dead"
  labels  = var.labels
}

resource "google_pubsub_subscription" "dead" {
  for_each = local.subscriptions

  project                    = var.project
  name                       = "${each.key}-dead"
  topic                      = google_pubsub_topic.dead[each.key].id
  message_retention_duration = "2678400s"
  labels                     = var.labels

  expiration_policy {
    # Never: nobody reads it until something is wrong.
    ttl = ""
  }
}

resource "google_pubsub_subscription" "all" {
  for_each = local.subscriptions

  project                    = var.project
  name                       = each.key
  topic                      = google_pubsub_topic.all[each.value.topic].id
  ack_deadline_seconds       = each.value.ackDeadlineSeconds
  message_retention_duration = "604800s"
  filter                     = "${local.filter_start}\"${each.key}\""
  labels                     = var.labels

  dynamic "push_config" {
    for_each = each.value.pushTo == null ? [] : [each.value.pushTo]

    content {
      push_endpoint = var.endpoints[push_config.value]

      oidc_token {
        service_account_email = var.push_account
        audience              = var.endpoints[push_config.value]
      }
    }
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.key].id
    max_delivery_attempts = each.value.maxDeliveryAttempts
  }

  retry_policy {
    minimum_backoff = "${each.value.minBackoffSeconds}s"
    maximum_backoff = "${each.value.maxBackoffSeconds}s"
  }

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves what it gives up: publishes it aside, and acknowledges it here.
resource "google_pubsub_topic_iam_member" "set_aside" {
  for_each = local.subscriptions

  project = var.project
  topic   = google_pubsub_topic.dead[each.key].name
  role    = "roles/pubsub.publisher"
  member  = var.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "set_aside" {
  for_each = local.subscriptions

  project      = var.project
  subscription = google_pubsub_subscription.all[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = var.pubsub_agent
}

# Pub/Sub signs pushes as this account.
resource "google_service_account_iam_member" "push" {
  service_account_id = var.push_account_id
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = var.pubsub_agent
}

# Whoever may publish there may start that tenant's templates.
resource "google_pubsub_topic_iam_member" "publishers" {
  for_each = merge([
    for topic, members in var.publishers : {
      for member in members : "${topic} ${member}" => { topic = topic, member = member }
    }
  ]...)

  project = var.project
  topic   = google_pubsub_topic.all[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = each.value.member
}
