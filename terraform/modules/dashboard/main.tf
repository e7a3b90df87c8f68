terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
    }
  }
}

locals {
  # Title, and what is drawn: PromQL over our metrics (docs/architecture/telemetry.md) and Google's.
  charts = [
    ["Open runs by status", "max by (status) ({\"rodex.runs.open\"})"],
    ["Runs ended, by status and code", "sum by (status, code) (increase({\"rodex.runs.ended\"}[10m]))"],
    ["Runs accepted, by tenant", "sum by (tenant) (increase({\"rodex.runs.accepted\"}[10m]))"],
    ["Time of a run, p95", "histogram_quantile(0.95, sum by (le) (rate({\"rodex.run.duration_bucket\"}[30m])))"],
    ["Time of a step, p50 by effect", "histogram_quantile(0.5, sum by (le, effect) (rate({\"rodex.step.duration_bucket\"}[10m])))"],
    ["Steps of unknown outcome", "sum by (tenant) (increase({\"rodex.steps.uncertain\"}[10m]))"],
    ["Refusals by code", "sum by (code) (increase({\"rodex.refusals\"}[10m]))"],
    ["Takeovers", "sum by (tenant) (increase({\"rodex.lease.takeovers\"}[10m]))"],
    ["Tokens by kind", "sum by (kind) (rate({\"rodex.model.tokens\"}[10m]))"],
    ["Cost of the model, USD an hour", "sum by (model) (increase({\"rodex.model.cost\"}[1h])) / 1000000"],
    ["Oldest message, by subscription", "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\", subscription_id=~\"rodex-.*\"})"],
    ["Set aside", "max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\", subscription_id=~\"rodex-.*-dead\"})"],
  ]
  columns = 2
  width   = 24
  height  = 16
}

resource "google_monitoring_dashboard" "rodex" {
  project = var.project

  dashboard_json = jsonencode({
    displayName = "Rodex"
    mosaicLayout = {
      columns = local.columns * local.width
      tiles = [
        for at, chart in local.charts : {
          xPos   = at % local.columns * local.width
          yPos   = floor(at / local.columns) * local.height
          width  = local.width
          height = local.height
          widget = {
            title = chart[0]
            xyChart = {
              dataSets = [{
                plotType        = "LINE"
                timeSeriesQuery = { prometheusQuery = chart[1] }
              }]
            }
          }
        }
      ]
    }
  })
}
