# What each component is told. gcp-topology.json says which variables it takes; a name here that no component takes is an error of the test beside.
locals {
  urls = {
    for name in local.functions :
    name => "https://rodex-${name}-${module.services.number}.${var.region}.run.app"
  }

  given = {
    RODEX_PLATFORM             = "gcp"
    GOOGLE_CLOUD_PROJECT       = var.project
    RODEX_FIRESTORE_DATABASE   = module.firestore.database
    RODEX_TENANT               = var.tenant
    RODEX_LOG                  = var.log_level
    RODEX_TELEMETRY            = var.telemetry ? "google" : "off"
    RODEX_TRACE_SAMPLING       = tostring(var.trace_sampling)
    RODEX_BUCKET               = module.buckets.artifacts
    RODEX_AUDIT_BUCKET         = module.buckets.audit
    RODEX_KMS_KEY              = module.keys.run_keys
    RODEX_KMS_SIGNING_KEY      = "${module.keys.checkpoints}/cryptoKeyVersions/1"
    RODEX_PUSH_SERVICE_ACCOUNT = module.identities.emails["push"]
    RODEX_ADMINS               = join(",", var.admins)
    RODEX_OIDC_AUDIENCES       = join(",", length(var.oidc_audiences) > 0 ? var.oidc_audiences : [local.urls["api"]])
    RODEX_CORS_ORIGINS         = join(",", var.cors_origins)
    RODEX_PRIVATE_HOSTS        = join(",", var.private_hosts)
    RODEX_SLOTS                = tostring(var.executors.slots)
    GEMINI_MODEL               = var.gemini_model

    RODEX_HOST_NAMES = join(",", concat(
      [trimprefix(local.urls["api"], "https://"), "${var.region}-${var.project}.cloudfunctions.net"],
      var.api_host_names,
    ))
  }

  components = local.topology.components

  # Names that a component takes, without the mark of those that may be left out.
  takes = {
    for component, spec in local.components : component => [
      for name in concat(local.topology.commonEnvironment, spec.environment) : trimsuffix(name, "?")
    ]
  }

  environments = {
    for component, names in local.takes : component => merge(
      { for name in names : name => local.given[name] if lookup(local.given, name, "") != "" },
      contains(names, "RODEX_PUSH_AUDIENCE") ? { RODEX_PUSH_AUDIENCE = local.urls[component] } : {},
      lookup(var.settings, component, {}),
    )
  }

  secret_environments = {
    for component, spec in local.components : component => {
      for name, secret in spec.secrets : name => {
        secret  = module.secrets.ids[secret]
        version = module.secrets.versions[secret]
      }
    }
  }

  # Settings that a component does not take, or that stand above already.
  wrong_settings = flatten([
    for component, settings in var.settings : [
      for name in keys(settings) : "${component}: ${name}"
      if !contains(lookup(local.takes, component, []), name) || contains(keys(local.given), name) || contains(keys(local.components[component].secrets), name)
    ]
  ])
}
