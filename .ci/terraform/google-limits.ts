// Limits that Google documents for names and numbers: a plan does not know them, an apply does, half-way through.
export interface Limit {
  readonly type: RegExp;
  /** Attribute, or a path through blocks: `retry_policy.minimum_backoff`. */
  readonly at: string;
  readonly holds: (value: never) => boolean;
  /** What must be refused. */
  readonly bad: unknown;
}

const matches =
  (pattern: RegExp) =>
  (value: string): boolean =>
    pattern.test(value);
const between =
  (least: number, most: number) =>
  (value: number): boolean =>
    value >= least && value <= most;
const seconds =
  (least: number, most: number) =>
  (value: string): boolean =>
    /^\d+s$/.test(value) && between(least, most)(Number.parseInt(value, 10));
const DAY = 86_400;
const NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const LIMITS: readonly Limit[] = [
  {
    type: /^google_service_account$/,
    at: 'account_id',
    holds: matches(/^[a-z]([-a-z0-9]{4,28}[a-z0-9])$/),
    bad: 'api',
  },
  {
    type: /^google_storage_bucket$/,
    at: 'name',
    holds: matches(/^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$/),
    bad: 'A',
  },
  {
    type: /^google_pubsub_(topic|subscription)$/,
    at: 'name',
    holds: matches(/^(?!goog)[A-Za-z][\w.~+%-]{2,254}$/),
    bad: 'google-x',
  },
  {
    type: /^google_pubsub_subscription$/,
    at: 'ack_deadline_seconds',
    holds: between(10, 600),
    bad: 601,
  },
  {
    type: /^google_pubsub_subscription$/,
    at: 'message_retention_duration',
    holds: seconds(600, 31 * DAY),
    bad: `${32 * DAY}s`,
  },
  {
    type: /^google_pubsub_subscription$/,
    at: 'filter',
    holds: ({ length }: string) => length <= 256,
    bad: 'x'.repeat(257),
  },
  {
    type: /^google_pubsub_subscription$/,
    at: 'dead_letter_policy.max_delivery_attempts',
    holds: between(5, 100),
    bad: 101,
  },
  {
    type: /^google_pubsub_subscription$/,
    at: 'retry_policy.minimum_backoff',
    holds: seconds(0, 600),
    bad: '601s',
  },
  {
    type: /^google_pubsub_subscription$/,
    at: 'retry_policy.maximum_backoff',
    holds: seconds(0, 600),
    bad: '10m',
  },
  {
    type: /^google_pubsub_subscription$/,
    at: 'push_config.push_endpoint',
    holds: matches(/^https:\/\/[a-z0-9-]{1,63}\.[a-z0-9-]+\.run\.app$/),
    bad: 'http://x',
  },
  {
    type: /^google_secret_manager_secret$/,
    at: 'secret_id',
    holds: matches(/^[A-Za-z0-9_-]{1,255}$/),
    bad: 'a.b',
  },
  {
    type: /^google_kms_crypto_key$/,
    at: 'name',
    holds: matches(/^[A-Za-z0-9_-]{1,63}$/),
    bad: 'a b',
  },
  {
    type: /^google_kms_crypto_key$/,
    at: 'rotation_period',
    holds: seconds(DAY, 100 * 365 * DAY),
    bad: '1s',
  },
  {
    type: /^google_kms_crypto_key$/,
    at: 'destroy_scheduled_duration',
    holds: seconds(DAY, 120 * DAY),
    bad: '0s',
  },
  {
    type: /^google_project_iam_custom_role$/,
    at: 'role_id',
    holds: matches(/^[A-Za-z0-9_.]{3,64}$/),
    bad: 'a-b',
  },
  {
    type: /^google_project_iam_custom_role$/,
    at: 'permissions',
    holds: (all: string[]) => all.every(matches(/^[a-z]+\.[A-Za-z]+\.[A-Za-z]+$/)),
    bad: ['roles/x'],
  },
  {
    type: /_iam_member$/,
    at: 'member',
    holds: matches(/^(serviceAccount|user|group|domain|principal|principalSet):\S+$|^allUsers$/),
    bad: 'x@y.example',
  },
  {
    type: /_iam_member$/,
    at: 'role',
    holds: matches(
      /^(roles|projects\/[^/]+\/roles)\/(?!.*(admin|owner|editor$)(?<!occurrences\.editor))[\w.]+$/i,
    ),
    bad: 'roles/secretmanager.admin',
  },
  {
    type: /_iam_member$/,
    at: 'condition.title',
    holds: ({ length }: string) => length <= 100,
    bad: 'x'.repeat(101),
  },
  {
    type: /^google_compute_(network|subnetwork|router|router_nat|firewall)$/,
    at: 'name',
    holds: matches(NAME),
    bad: 'Rodex',
  },
  { type: /^google_compute_firewall$/, at: 'priority', holds: between(0, 65_535), bad: 65_536 },
  {
    type: /^google_compute_router_nat$/,
    at: 'min_ports_per_vm',
    holds: (ports: number) => Number.isInteger(Math.log2(ports)) && ports >= 32,
    bad: 100,
  },
  {
    type: /^google_compute_router_nat$/,
    at: 'max_ports_per_vm',
    holds: (ports: number) => Number.isInteger(Math.log2(ports)) && ports <= 65_536,
    bad: 100,
  },
  {
    type: /^google_cloud_scheduler_job$/,
    at: 'attempt_deadline',
    holds: seconds(15, 1_800),
    bad: '1801s',
  },
  {
    type: /^google_cloudfunctions2_function$/,
    at: 'name',
    holds: matches(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/),
    bad: 'rodex_api',
  },
  {
    type: /^google_cloudfunctions2_function$/,
    at: 'service_config.timeout_seconds',
    holds: between(1, 3_600),
    bad: 3_601,
  },
  {
    type: /^google_cloudfunctions2_function$/,
    at: 'service_config.max_instance_request_concurrency',
    holds: between(1, 1_000),
    bad: 1_001,
  },
  {
    type: /^google_cloudfunctions2_function$/,
    at: 'service_config.available_memory',
    holds: matches(/^(128|256|512|1024|2048|4096)Mi$/),
    bad: '100Mi',
  },
  {
    type: /^google_cloudfunctions2_function$/,
    at: 'service_config.environment_variables',
    holds: (all: object) => Object.keys(all).every(isOurs),
    bad: { PORT: '1' },
  },
  {
    type: /^google_cloud_run_v2_worker_pool$/,
    at: 'template.containers.env.name',
    holds: isOurs,
    bad: 'K_SERVICE',
  },
  {
    type: /^google_firestore_backup_schedule$/,
    at: 'retention',
    holds: seconds(DAY, 98 * DAY),
    bad: `${99 * DAY}s`,
  },
  {
    type: /^google_logging_project_bucket_config$/,
    at: 'retention_days',
    holds: between(1, 3_650),
    bad: 0,
  },
  {
    type: /^google_logging_project_(sink|exclusion)$/,
    at: 'filter',
    holds: ({ length }: string) => length > 0 && length <= 20_000,
    bad: '',
  },
  {
    type: /^google_logging_project_(sink|exclusion)$/,
    at: 'name',
    holds: matches(/^[A-Za-z][\w.-]{0,99}$/),
    bad: '1',
  },
  {
    type: /^google_monitoring_alert_policy$/,
    at: 'documentation.content',
    holds: ({ length }: string) => length <= 8_192,
    bad: 'x'.repeat(8_193),
  },
  {
    type: /^google_monitoring_alert_policy$/,
    at: 'conditions.condition_absent.duration',
    holds: seconds(120, DAY),
    bad: '60s',
  },
  {
    type: /^google_monitoring_alert_policy$/,
    at: 'conditions.condition_prometheus_query_language.query',
    holds: isBalanced,
    bad: 'sum({"a"',
  },
  {
    type: /^google_monitoring_dashboard$/,
    at: 'dashboard_json',
    holds: fitsTogether,
    bad: '{"mosaicLayout":{"columns":2,"tiles":[{"width":3,"height":1}]}}',
  },
];

/** Cloud Run sets some by itself and takes none of them. */
function isOurs(name: string): boolean {
  return (
    /^[A-Z][A-Z0-9_]*$/.test(name) &&
    !/^(PORT|K_\w+|FUNCTION_\w+|GOOGLE_APPLICATION_CREDENTIALS)$/.test(name)
  );
}

function isBalanced(query: string): boolean {
  const open: string[] = [];
  for (const char of query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')) {
    if ('([{'.includes(char)) open.push(char);
    const at = ')]}'.indexOf(char);
    if (at >= 0 && open.pop() !== '([{'[at]) return false;
  }
  return open.length === 0;
}

interface Tile {
  readonly xPos?: number;
  readonly yPos?: number;
  readonly width: number;
  readonly height: number;
}

/** Tiles stand within the columns, none upon another. */
function fitsTogether(json: string): boolean {
  const { columns, tiles } = (
    JSON.parse(json) as { mosaicLayout: { columns: number; tiles: Tile[] } }
  ).mosaicLayout;
  const taken = new Set<string>();
  for (const { xPos = 0, yPos = 0, width, height } of tiles)
    for (let x = xPos; x < xPos + width; x += 1)
      for (let y = yPos; y < yPos + height; y += 1) {
        if (x >= columns || taken.has(`${x},${y}`)) return false;
        taken.add(`${x},${y}`);
      }
  return columns <= 48 && tiles.length > 0;
}
