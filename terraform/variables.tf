# --- Where -------------------------------------------------------------------------------------------------------------------

variable "project" {
  description = "Id of an existing project with billing."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lower-case letters, digits and dashes: the id, not the number and not the name."
  }
}

variable "region" {
  description = "Region of functions, executors, keys, images and logs."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is written like us-central1 or europe-west4; us-central1-a is a zone, EU a multi-region."
  }
}

variable "storage_location" {
  description = "Location of buckets. Null: the region."
  type        = string
  default     = null
}

variable "firestore_location" {
  description = "Location of the database, for ever: a region, nam5 or eur3. Null: the region."
  type        = string
  default     = null
}

variable "firestore_database" {
  description = "Name of the database, for ever."
  type        = string
  default     = "(default)"

  validation {
    condition     = var.firestore_database == "(default)" || can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.firestore_database))
    error_message = "A database is called (default), or has 4 to 63 lower-case letters, digits and dashes and begins with a letter."
  }
}

variable "bucket_prefix" {
  description = "What names of buckets begin with; they are unique in the world. Null: the project's id."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of everything that takes them."
  type        = map(string)
  default     = { app = "rodex" }

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "Labels have lower-case letters, digits, dashes and underscores, 63 at most; keys begin with a letter."
  }
}

variable "deletion_protection" {
  description = "Whether database, executors and the bucket of artifacts refuse to be deleted."
  type        = bool
  default     = true
}

# --- Who ---------------------------------------------------------------------------------------------------------------------

variable "tenant" {
  description = "Tenant of the deployment itself: whose admins RODEX_ADMINS are at first."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,39}$", var.tenant)) && var.tenant != "platform"
    error_message = "A tenant has up to 40 lower-case letters, digits and dashes, and is not called platform."
  }
}

variable "tenants" {
  description = "Tenants that start runs by messages: who may publish to rodex-runs-TENANT."
  type = map(object({
    publishers = optional(list(string), [])
  }))
  default = {}

  validation {
    condition     = alltrue([for tenant in keys(var.tenants) : can(regex("^[a-z0-9][a-z0-9-]{0,39}$", tenant)) && tenant != "platform"])
    error_message = "A tenant has up to 40 lower-case letters, digits and dashes, and is not called platform."
  }

  validation {
    condition     = alltrue(flatten([for tenant in values(var.tenants) : [for member in tenant.publishers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):", member))]]))
    error_message = "Publishers are members of IAM, such as serviceAccount:NAME@PROJECT.iam.gserviceaccount.com. allUsers is not taken: whoever publishes there starts runs."
  }
}

variable "reply_topics" {
  description = "Topics of other systems that results are sent to: full names (projects/P/topics/T) that triggers may publish to."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for topic in var.reply_topics : can(regex("^projects/[^/]+/topics/[^/]+$", topic))])
    error_message = "A topic is named in full: projects/PROJECT/topics/TOPIC."
  }
}

variable "admins" {
  description = "E-mails of people who are admins of every tenant."
  type        = list(string)

  validation {
    condition     = length(var.admins) > 0 && alltrue([for email in var.admins : can(regex("^[^@[:space:],]+@[^@[:space:],]+$", email))])
    error_message = "At least one e-mail: nobody else can make tenants and keys at first."
  }
}

variable "oidc_audiences" {
  description = "Audiences of Google ID tokens that are meant for the API. Empty: its own address."
  type        = list(string)
  default     = []
}

variable "cors_origins" {
  description = "Origins of web pages that may call the API."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[^/]+$", origin))])
    error_message = "An origin is a scheme and a host, such as https://app.example, without a path or a slash at the end."
  }
}

variable "api_host_names" {
  description = "Names under which the API answers beside its own, such as one of a load balancer."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.api_host_names : !can(regex("[/:]", name))])
    error_message = "A host name has no scheme, port or path."
  }
}

variable "api_invokers" {
  description = "Members that Cloud Run lets through to the API. The API checks every request itself, and API keys travel in the header that Cloud Run would take for its own."
  type        = list(string)
  default     = ["allUsers"]
}

variable "api_ingress" {
  description = "Who reaches the API over the network."
  type        = string
  default     = "ALLOW_ALL"

  validation {
    condition     = contains(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"], var.api_ingress)
    error_message = "ALLOW_ALL, ALLOW_INTERNAL_ONLY, or ALLOW_INTERNAL_AND_GCLB for a load balancer in front."
  }
}

# --- The model ---------------------------------------------------------------------------------------------------------------

variable "gemini_api_key" {
  description = "Key for Gemini, best as TF_VAR_gemini_api_key. Goes into Secret Manager; neither state nor plan ever holds it."
  type        = string
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = length(trimspace(var.gemini_api_key)) > 0 && var.gemini_api_key == trimspace(var.gemini_api_key)
    error_message = "A key is not empty and has no white space around it."
  }
}

variable "gemini_api_key_version" {
  description = "Raise it by one to write another key: it is not read back, so nothing else tells that it is another."
  type        = number
  default     = 1
}

variable "api_secret_version" {
  description = "Raise it by one to end all API keys and links at once."
  type        = number
  default     = 1
}

variable "gemini_model" {
  description = "Model that plans."
  type        = string
  default     = "gemini-2.5-flash"

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+$", var.gemini_model))
    error_message = "A model is named like gemini-2.5-flash, without models/ before it."
  }
}

variable "settings" {
  description = "More variables by component (.env.example explains each): { planner = { RODEX_BUDGET_DAY_MICRO_USD = \"20000000\" } }."
  type        = map(map(string))
  default     = {}

  validation {
    condition     = alltrue([for component in keys(var.settings) : contains(["api", "planner", "scheduler", "triggers", "executor"], component)])
    error_message = "Components are api, planner, scheduler, triggers and executor."
  }
}

# --- How much ----------------------------------------------------------------------------------------------------------------

variable "functions" {
  description = "Instances of functions. Min 1 is seconds faster for the first who asks, and costs all day."
  type = map(object({
    min = optional(number, 0)
    max = optional(number, 10)
  }))
  default = {}

  validation {
    condition     = alltrue([for name, size in var.functions : contains(["api", "planner", "scheduler", "triggers"], name) && size.min >= 0 && size.max >= max(1, size.min)])
    error_message = "Functions are api, planner, scheduler and triggers; max is at least 1 and not below min."
  }
}

variable "executors" {
  description = "Executors: AUTOMATIC follows the CPU, MANUAL leaves the number (min at first) to an external scaler or a person. About 60 MB and a quarter of a CPU a slot."
  type = object({
    scaling    = optional(string, "AUTOMATIC")
    min        = optional(number, 1)
    max        = optional(number, 5)
    slots      = optional(number, 4)
    cpu        = optional(number, 2)
    memory_mib = optional(number, 4096)

    # BETA where Google calls something of this a preview.
    launch_stage = optional(string, "GA")
  })
  default = {}

  validation {
    condition     = contains(["AUTOMATIC", "MANUAL"], var.executors.scaling)
    error_message = "Scaling is AUTOMATIC or MANUAL."
  }

  validation {
    condition     = contains(["GA", "BETA"], var.executors.launch_stage)
    error_message = "The launch stage is GA or BETA."
  }

  validation {
    condition     = var.executors.min >= 1 && var.executors.max >= var.executors.min
    error_message = "One executor stays warm at least, and max is not below min."
  }

  validation {
    condition     = contains([1, 2, 4, 6, 8], var.executors.cpu) && var.executors.memory_mib >= 2048 && var.executors.memory_mib <= var.executors.cpu * 4096
    error_message = "CPUs are 1, 2, 4, 6 or 8; memory is 2048 MiB or more and at most 4096 MiB a CPU."
  }

  validation {
    condition     = var.executors.slots >= 1 && var.executors.slots <= 64
    error_message = "An executor has 1 to 64 slots."
  }
}

variable "executor_image" {
  description = "First image of executors. Null: Google's sample, until the release pipeline rolls out the real one."
  type        = string
  default     = null
}

variable "require_signed_image" {
  description = "Whether the project starts only images that the release pipeline signed. Turn it on after the first release."
  type        = bool
  default     = false
}

variable "bundles" {
  description = "Folder that `npm run bundle` made. Null: bundles/ of the checkout."
  type        = string
  default     = null
}

# --- The way out of browsers -------------------------------------------------------------------------------------------------

variable "egress_cidr" {
  description = "Addresses of executors in their own network."
  type        = string
  default     = "10.86.0.0/24"

  validation {
    condition     = can(cidrhost(var.egress_cidr, 0)) && try(tonumber(split("/", var.egress_cidr)[1]) <= 26, false)
    error_message = "A range like 10.86.0.0/24, /26 or larger: Cloud Run takes two addresses for each instance."
  }
}

variable "private_hosts" {
  description = "Private host:port pairs that browsers may reach; private_ranges must open their addresses too."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for host in var.private_hosts : can(regex("^(\\[[0-9a-f:]+\\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$", host))])
    error_message = "Each is host:port, such as intranet.example:443."
  }
}

variable "private_ranges" {
  description = "Private ranges that the firewall opens to browsers, for private_hosts."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.private_ranges : can(cidrhost(range, 0))])
    error_message = "Each is a range such as 10.1.2.0/24."
  }

  validation {
    condition     = alltrue([for range in var.private_ranges : !startswith(range, "169.254.") && !endswith(range, "/0")])
    error_message = "Link-local addresses (the metadata server's) and everything are never opened."
  }
}

# --- How long ----------------------------------------------------------------------------------------------------------------

variable "artifact_days" {
  description = "Days after which artifacts are deleted. Null: with their run."
  type        = number
  default     = null

  validation {
    condition     = var.artifact_days == null ? true : var.artifact_days >= 1
    error_message = "One day or more."
  }
}

variable "audit_retention_days" {
  description = "Days in which nobody can change or delete what is in the signed log."
  type        = number
  default     = 365

  validation {
    condition     = var.audit_retention_days >= 1 && var.audit_retention_days <= 36500
    error_message = "1 to 36500 days."
  }
}

variable "audit_retention_locked" {
  description = "Locks that time, for ever: it can be made longer, never shorter, and the project cannot be deleted before. Without it the archive is write-once by habit only."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days that a daily backup of the database is kept. What was erased is gone when the last of these is."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 98
    error_message = "1 to 98 days."
  }
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = var.log_days >= 1 && var.log_days <= 3650
    error_message = "1 to 3650 days."
  }
}

variable "key_protection" {
  description = "Where the key of runs is kept: SOFTWARE or HSM. For ever."
  type        = string
  default     = "SOFTWARE"

  validation {
    condition     = contains(["SOFTWARE", "HSM"], var.key_protection)
    error_message = "SOFTWARE or HSM."
  }
}

# --- Watching it -------------------------------------------------------------------------------------------------------------

variable "log_level" {
  description = "Least severity that is logged."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "debug, info, warn or error."
  }
}

variable "telemetry" {
  description = "Whether components send traces and metrics to Google. Without them alerts of stuck runs, refusals and cost are not there."
  type        = bool
  default     = true
}

variable "trace_sampling" {
  description = "Share of runs that are traced."
  type        = number
  default     = 1

  validation {
    condition     = var.trace_sampling >= 0 && var.trace_sampling <= 1
    error_message = "0 to 1."
  }
}

variable "alert_emails" {
  description = "Who is told when something is wrong."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+$", email))])
    error_message = "Each is an e-mail address."
  }
}

variable "alerts" {
  description = "When somebody is told."
  type = object({
    stuck_minutes   = optional(number, 15)
    refusals        = optional(number, 20)
    uncertain_steps = optional(number, 10)
    api_errors      = optional(number, 5)
    model_usd_a_day = optional(number, 50)
  })
  default = {}
}

variable "billing_account" {
  description = "Billing account of the project, for a budget. Null: none is made."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "A billing account is written like 012345-6789AB-CDEF01."
  }
}

variable "budget" {
  description = "What a month may cost before the billing account's people are told."
  type = object({
    amount   = optional(number, 200)
    currency = optional(string, "USD")
  })
  default = {}

  validation {
    condition     = var.budget.amount >= 1 && can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "An amount of 1 or more, and a currency such as USD: the billing account's own."
  }
}
