terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.emails)

  project      = var.project
  display_name = "Rodex: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
}

locals {
  channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  # Of Google's own metrics.
  thresholds = {
    "dead letters" = {
      filter    = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = monitoring.regex.full_match(\"rodex-.*-dead\")"
      aligner   = "ALIGN_MAX"
      threshold = 0
      duration  = "0s"
      severity  = "ERROR"
      advice    = "A message was set aside. Its reason is an attribute of the message: `gcloud pubsub subscriptions pull NAME-dead --limit=10`. docs/runbooks/incident.md"
    }
    "messages that nobody takes" = {
      filter    = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = monitoring.regex.full_match(\"rodex-(steps|plan|changes)\")"
      aligner   = "ALIGN_MAX"
      threshold = var.stuck_minutes * 60
      duration  = "300s"
      severity  = "ERROR"
      advice    = "Runs stand still: no executor, or a function that fails. Look at the logs of what takes this subscription. docs/runbooks/incident.md"
    }
    "errors of the API" = {
      filter    = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"rodex-api\" AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"5xx\""
      aligner   = "ALIGN_DELTA"
      threshold = var.api_errors
      duration  = "0s"
      severity  = "WARNING"
      advice    = "The API answers 5xx. Its log lines name code and request."
    }
  }

  # Of our own (docs/architecture/telemetry.md); names with dots stand in braces.
  queries = {
    "stuck runs" = {
      query    = "max(min_over_time({\"rodex.runs.open\", status=~\"queued|planning|acting\"}[${var.stuck_minutes}m])) > 0 unless sum(increase({\"rodex.step.duration_count\"}[${var.stuck_minutes}m])) > 0"
      severity = "ERROR"
      advice   = "Runs are open and no step ended for ${var.stuck_minutes} minutes. docs/runbooks/incident.md"
    }
    "refusals" = {
      query    = "sum by (tenant, code) (increase({\"rodex.refusals\"}[10m])) > ${var.refusals}"
      severity = "WARNING"
      advice   = "Many steps were refused: a page may be steering the model, or a contract is too narrow. `rodex show RUN` tells the grounds of each."
    }
    "uncertain steps" = {
      query    = "sum by (tenant) (increase({\"rodex.steps.uncertain\"}[1h])) > ${var.uncertain_steps}"
      severity = "WARNING"
      advice   = "Outcomes of many steps were not known: executors die, or a site does."
    }
    "budgets of runs" = {
      query    = "sum by (tenant) (increase({\"rodex.runs.ended\", code=\"budget_exhausted\"}[1h])) > 0"
      severity = "WARNING"
      advice   = "A run, a day or a tenant reached its budget. RODEX_BUDGET_* and the contract's own set them."
    }
    "cost of the model" = {
      query    = "sum(increase({\"rodex.model.cost\"}[1d])) / 1000000 > ${var.model_usd_a_day}"
      severity = "WARNING"
      advice   = "The model cost more than ${var.model_usd_a_day} USD within a day."
    }
  }

  # Lines that nobody should ever see.
  lines = {
    "a component that does not start" = {
      filter   = "severity=CRITICAL AND (resource.type=\"cloud_run_revision\" OR resource.type=\"cloud_run_worker_pool\") AND jsonPayload.code:*"
      severity = "CRITICAL"
      advice   = "The line names what is missing; `rodex doctor --gcp` says how to make it."
    }
    "a damaged log" = {
      filter   = "jsonPayload.code=\"audit_broken\" AND (resource.type=\"cloud_run_revision\" OR resource.type=\"cloud_run_worker_pool\")"
      severity = "CRITICAL"
      advice   = "`rodex audit verify` names the first bad entry and what was done to it. docs/security/verify-audit.md"
    }
  }
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each = local.thresholds

  project               = var.project
  display_name          = "Rodex: ${each.key}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.key

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = "REDUCE_NONE"
      }

      trigger {
        count = 1
      }
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "query" {
  for_each = var.telemetry ? local.queries : {}

  project               = var.project
  display_name          = "Rodex: ${each.key}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.key

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = "0s"
      evaluation_interval = "60s"
      # The metric is not there before the first run.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "line" {
  for_each = local.lines

  project               = var.project
  display_name          = "Rodex: ${each.key}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.key

    condition_matched_log {
      filter = each.value.filter
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }
}

# Behind every lost message stands the tick: when it stops, nothing else says so.
resource "google_monitoring_alert_policy" "no_tick" {
  project               = var.project
  display_name          = "Rodex: no tick"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels

  conditions {
    display_name = "no tick for ten minutes"

    condition_absent {
      filter   = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"rodex-scheduler\" AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"2xx\""
      duration = "600s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = "The scheduler was not called, or failed: nothing that is due starts, no log is signed. `gcloud scheduler jobs describe rodex-tick`."
    mime_type = "text/markdown"
  }
}
