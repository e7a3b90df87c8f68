// A sound module, and one mistake at a time in it: a mistake that is not reported fails the gate.
export const SOUND = {
  'main.tf': `
terraform {
  required_version = ">= 1.11"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "6.50.0"
    }
  }
}
variable "project" {
  description = "The project."
  type        = string
  validation {
    condition     = length(var.project) > 5
    error_message = "A project id has six characters or more."
  }
}
locals {
  topics = toset(["a", "b"])
}
resource "google_pubsub_topic" "all" {
  for_each = local.topics
  project  = var.project
  name     = each.key
  labels   = { room = "a-\${each.value}" }
}
resource "google_pubsub_subscription" "all" {
  for_each             = local.topics
  project              = var.project
  name                 = each.key
  topic                = google_pubsub_topic.all[each.key].id
  ack_deadline_seconds = 600
  dynamic "push_config" {
    for_each = each.key == "a" ? [1] : []
    content {
      push_endpoint = "https://\${each.key}.example"
    }
  }
  lifecycle {
    ignore_changes = [labels]
  }
}
module "child" {
  source = "./child"
  name   = google_pubsub_topic.all["a"].name
}
output "shown" {
  description = "What the child says."
  value       = module.child.said
}
`,
  'child/main.tf': `
terraform {
  required_version = ">= 1.11"
}
variable "name" {
  description = "A name."
  type        = string
}
output "said" {
  description = "The name, upper case."
  value       = upper(var.name)
}
`,
};

const main = (from, to) => ({ file: 'main.tf', from, to });
const child = (from, to) => ({ file: 'child/main.tf', from, to });
const mistake = (what, change, said) => ({ what, ...change, said });

/** What is wrong, what is replaced by what in which file, and what must be said. */
export const MISTAKES = [
  mistake('broken syntax', main('locals {', 'locals'), /main\.tf: .*/),
  mistake(
    'an unknown type',
    main('"google_pubsub_topic" "all"', '"google_pubsub_tropic" "all"'),
    /no resource "google_pubsub_tropic"/,
  ),
  mistake(
    'an unknown attribute',
    main('name     = each.key', 'nmae     = each.key'),
    /there is no "nmae"/,
  ),
  mistake(
    'a required attribute left out',
    main('  topic                = google_pubsub_topic.all[each.key].id\n', ''),
    /"topic" is required/,
  ),
  mistake(
    'an unknown block',
    main('dynamic "push_config"', 'dynamic "pull_config"'),
    /there is no block "pull_config"/,
  ),
  mistake(
    'an unknown attribute of a block',
    main('push_endpoint =', 'endpoint ='),
    /push_config: there is no "endpoint"/,
  ),
  mistake(
    'a required attribute of a block left out',
    main('push_endpoint = "https://${each.key}.example"', ''),
    /push_config: "push_endpoint" is required/,
  ),
  mistake(
    'a block as an attribute',
    main('lifecycle {', 'retry_policy = { minimum_backoff = "10s" }\n  lifecycle {'),
    /"retry_policy" is a block/,
  ),
  mistake(
    'a block twice',
    main('lifecycle {', 'retry_policy {}\n  retry_policy {}\n  lifecycle {'),
    /"retry_policy" may stand once/,
  ),
  mistake(
    'words for a number',
    main('= 600', '= "ten minutes"'),
    /takes a number, not "ten minutes"/,
  ),
  mistake(
    'a list for a string',
    main('name     = each.key', 'name     = ["a"]'),
    /takes a string, not \["a"\]/,
  ),
  mistake(
    'a string for a map',
    main('labels   = { room = "a-${each.value}" }', 'labels   = "a"'),
    /takes a map of string/,
  ),
  mistake(
    'what the provider sets',
    main('labels   =', 'effective_labels ='),
    /set by the provider alone/,
  ),
  mistake(
    'an ignored change of nothing',
    main('ignore_changes = [labels]', 'ignore_changes = [lables]'),
    /ignore_changes names "lables"/,
  ),
  mistake(
    'an unknown variable',
    main('project              = var.project', 'project              = var.projekt'),
    /var\.projekt: no such variable/,
  ),
  mistake(
    'an unknown variable in a template',
    main('"a-${each.value}"', '"a-${var.nothing}"'),
    /var\.nothing: no such variable/,
  ),
  mistake(
    'an unknown local',
    main('for_each             = local.topics', 'for_each             = local.tropics'),
    /local\.tropics: no such local/,
  ),
  mistake(
    'an unknown resource',
    main('google_pubsub_topic.all[each.key].id', 'google_pubsub_topic.every[each.key].id'),
    /no such resource/,
  ),
  mistake(
    'an unknown attribute of a resource',
    main('all[each.key].id', 'all[each.key].ident'),
    /has no attribute "ident"/,
  ),
  mistake(
    'each without for_each',
    main('name   = google_pubsub_topic.all["a"].name', 'name   = each.key'),
    /each is known only where/,
  ),
  mistake('an unknown module', main('module.child.said', 'module.kid.said'), /no such module/),
  mistake('an unknown output', main('module.child.said', 'module.child.says'), /no such output/),
  mistake(
    'a module that is not there',
    main('"./child"', '"./kid"'),
    /no module stands at "\.\/kid"/,
  ),
  mistake(
    'an unknown argument',
    main('  name   = google', '  nmae   = google'),
    /has no variable "nmae"/,
  ),
  mistake(
    'a required argument left out',
    main('  name   = google_pubsub_topic.all["a"].name\n', ''),
    /needs "name"/,
  ),
  mistake(
    'a variable that nobody uses',
    child('upper(var.name)', '"A"'),
    /variable "name" is used nowhere/,
  ),
  mistake(
    'a local that nobody uses',
    main('topics = toset', 'other = 1\n  topics = toset'),
    /local "other" is used nowhere/,
  ),
  mistake(
    'a thing twice',
    main(
      'module "child" {',
      'resource "google_pubsub_topic" "all" {\n  name = "x"\n}\nmodule "child" {',
    ),
    /declared twice/,
  ),
  mistake(
    'another version of the provider',
    main('"6.50.0"', '"6.49.0"'),
    /the schema here is of 6\.50\.0/,
  ),
  mistake(
    'a loose version of the provider',
    main('"6.50.0"', '"~> 6.0"'),
    /the schema here is of 6\.50\.0/,
  ),
  mistake('a provider that is not pinned', main('      version = "6.50.0"\n', ''), /is not pinned/),
  mistake(
    'a provider that is not required',
    main(/ {2}required_providers \{[^]*?\n {2}\}\n/, ''),
    /not in required_providers/,
  ),
  mistake(
    'no required version',
    child('  required_version = ">= 1.11"\n', ''),
    /says no required_version/,
  ),
  mistake('a variable without a type', child('  type        = string\n', ''), /has no type/),
  mistake(
    'an output without words',
    main('  description = "What the child says."\n', ''),
    /says not what it is for/,
  ),
  mistake(
    'a validation of something else',
    main('length(var.project) > 5', 'length(local.topics) > 5'),
    /looks at something else/,
  ),
  mistake(
    'a file that is not there',
    main('toset(["a", "b"])', 'toset(split("\\n", file("${path.module}/no.txt")))'),
    /no\.txt/,
  ),
];
