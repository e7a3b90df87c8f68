// The resource types that terraform/ uses. After a change: `node .ci/terraform/make-schema.mjs`.

/** npm packages that carry a provider's schema, and the provider's version that each is made from. */
export const PROVIDERS = {
  google: { npm: '@cdktf/provider-google@16.12.1', version: '6.50.0' },
  'google-beta': { npm: '@cdktf/provider-google-beta@16.12.1', version: '6.50.0' },
  archive: { npm: '@cdktf/provider-archive@11.0.1', version: '2.7.1' },
};

export const RESOURCES = {
  google: [
    'google_artifact_registry_repository',
    'google_artifact_registry_repository_iam_member',
    'google_billing_budget',
    'google_binary_authorization_attestor',
    'google_binary_authorization_attestor_iam_member',
    'google_binary_authorization_policy',
    'google_cloud_run_v2_service_iam_member',
    'google_cloud_run_v2_worker_pool',
    'google_cloud_run_v2_worker_pool_iam_member',
    'google_cloud_scheduler_job',
    'google_cloudfunctions2_function',
    'google_cloudfunctions2_function_iam_member',
    'google_compute_firewall',
    'google_compute_network',
    'google_compute_router',
    'google_compute_router_nat',
    'google_compute_subnetwork',
    'google_container_analysis_note',
    'google_container_analysis_note_iam_member',
    'google_firestore_backup_schedule',
    'google_firestore_database',
    'google_firestore_field',
    'google_firestore_index',
    'google_kms_crypto_key',
    'google_kms_crypto_key_iam_member',
    'google_kms_key_ring',
    'google_logging_metric',
    'google_logging_project_bucket_config',
    'google_logging_project_exclusion',
    'google_logging_project_sink',
    'google_monitoring_alert_policy',
    'google_monitoring_dashboard',
    'google_monitoring_notification_channel',
    'google_project_iam_audit_config',
    'google_project_iam_custom_role',
    'google_project_iam_member',
    'google_project_service',
    'google_pubsub_subscription',
    'google_pubsub_subscription_iam_member',
    'google_pubsub_topic',
    'google_pubsub_topic_iam_member',
    'google_secret_manager_secret',
    'google_secret_manager_secret_iam_member',
    'google_secret_manager_secret_version',
    'google_service_account',
    'google_service_account_iam_member',
    'google_storage_bucket',
    'google_storage_bucket_iam_member',
    'google_storage_bucket_object',
  ],
  'google-beta': ['google_project_service_identity'],
  archive: [],
};

export const DATA = {
  google: ['google_kms_crypto_key_version', 'google_project'],
  'google-beta': [],
  archive: ['archive_file'],
};

/** Types that no npm package carries, from the provider's own documentation. */
export const BY_HAND = {
  random: {
    version: '3.7.2',
    source: 'hashicorp/terraform-provider-random v3.7.2, docs/ephemeral-resources/password.md',
    ephemeral: {
      random_password: {
        attributes: {
          length: { type: 'number', required: true },
          lower: { type: 'bool' },
          min_lower: { type: 'number' },
          min_numeric: { type: 'number' },
          min_special: { type: 'number' },
          min_upper: { type: 'number' },
          numeric: { type: 'bool' },
          override_special: { type: 'string' },
          special: { type: 'bool' },
          upper: { type: 'bool' },
          bcrypt_hash: { type: 'string', computed: true },
          result: { type: 'string', computed: true },
        },
        blocks: {},
      },
    },
  },
};
