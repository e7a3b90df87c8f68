import { z } from 'zod';

/**
 * What a build configuration may say: the fields of the Build resource that a file sets, none that the service fills in.
 * Source: https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds and
 * https://cloud.google.com/build/docs/build-config-file-schema (November 2026).
 */
const duration = z.string().regex(/^\d+(\.\d{1,9})?s$/, 'seconds with an s, such as 600s');
const variable = z.string().regex(/^[A-Za-z_]\w*=/, 'NAME=VALUE');
const volume = z.strictObject({ name: z.string().min(1), path: z.string().startsWith('/') });

const BuildStep = z
  .strictObject({
    name: z.string().min(1),
    id: z.string().min(1).optional(),
    args: z.array(z.string()).optional(),
    entrypoint: z.string().optional(),
    script: z.string().min(1).optional(),
    env: z.array(variable).optional(),
    secretEnv: z.array(z.string()).optional(),
    dir: z.string().optional(),
    waitFor: z.array(z.string()).optional(),
    volumes: z.array(volume).optional(),
    timeout: duration.optional(),
    allowFailure: z.boolean().optional(),
    allowExitCodes: z.array(z.int()).optional(),
    automapSubstitutions: z.boolean().optional(),
  })
  .refine(
    ({ script, args, entrypoint }) =>
      script === undefined || (args === undefined && entrypoint === undefined),
    'a step with a script has neither args nor entrypoint',
  );

const BuildOptions = z.strictObject({
  automapSubstitutions: z.boolean().optional(),
  defaultLogsBucketBehavior: z.enum(['REGIONAL_USER_OWNED_BUCKET', 'LEGACY_BUCKET']).optional(),
  diskSizeGb: z.union([z.int(), z.string().regex(/^\d+$/)]).optional(),
  dynamicSubstitutions: z.boolean().optional(),
  env: z.array(variable).optional(),
  logStreamingOption: z.enum(['STREAM_DEFAULT', 'STREAM_ON', 'STREAM_OFF']).optional(),
  logging: z
    .enum(['LEGACY', 'GCS_ONLY', 'STACKDRIVER_ONLY', 'CLOUD_LOGGING_ONLY', 'NONE'])
    .optional(),
  machineType: z
    .enum(['UNSPECIFIED', 'E2_MEDIUM', 'E2_HIGHCPU_8', 'E2_HIGHCPU_32', 'N1_HIGHCPU_8'])
    .optional(),
  pool: z.strictObject({ name: z.string() }).optional(),
  requestedVerifyOption: z.enum(['NOT_VERIFIED', 'VERIFIED']).optional(),
  secretEnv: z.array(z.string()).optional(),
  sourceProvenanceHash: z.array(z.enum(['SHA256', 'MD5', 'GO_MODULE_H1', 'SHA512'])).optional(),
  substitutionOption: z.enum(['MUST_MATCH', 'ALLOW_LOOSE']).optional(),
  volumes: z.array(volume).optional(),
});

export const BuildFile = z
  .strictObject({
    steps: z.array(BuildStep).min(1),
    substitutions: z.record(z.string().regex(/^_[A-Z0-9_]+$/), z.string()).optional(),
    images: z.array(z.string()).optional(),
    artifacts: z
      .strictObject({
        objects: z
          .strictObject({ location: z.string().startsWith('gs://'), paths: z.array(z.string()) })
          .optional(),
      })
      .optional(),
    availableSecrets: z
      .strictObject({
        secretManager: z.array(z.strictObject({ versionName: z.string(), env: z.string() })),
      })
      .optional(),
    serviceAccount: z.string().optional(),
    logsBucket: z.string().optional(),
    timeout: duration.optional(),
    queueTtl: duration.optional(),
    tags: z.array(z.string()).optional(),
    options: BuildOptions.optional(),
  })
  .superRefine(({ steps }, context) => {
    const seen = new Set<string>();
    for (const { id, waitFor = [] } of steps) {
      for (const before of waitFor)
        if (before !== '-' && !seen.has(before))
          context.addIssue(`${id ?? 'a step'} waits for ${before}, which no step before it is`);
      if (id !== undefined && seen.has(id)) context.addIssue(`two steps are called ${id}`);
      if (id !== undefined) seen.add(id);
    }
    // The service refuses a volume of one step: nobody could read it.
    const volumes = steps.flatMap(({ volumes: own = [] }) => own.map(({ name }) => name));
    for (const name of new Set(volumes))
      if (volumes.filter((each) => each === name).length === 1)
        context.addIssue(`the volume ${name} belongs to one step only`);
  });
export type BuildFile = z.infer<typeof BuildFile>;

/** Set by the service for every build. */
export const BUILT_IN = ['PROJECT_ID', 'PROJECT_NUMBER', 'LOCATION', 'BUILD_ID'];

/** Substitutions that are used and declared nowhere, or declared and used nowhere. */
export function substitutionProblems(file: BuildFile, text: string): string[] {
  const declared = Object.keys(file.substitutions ?? {});
  const used = new Set(
    [...text.matchAll(/\$\{?(_[A-Z0-9_]+|PROJECT_ID|PROJECT_NUMBER|LOCATION|BUILD_ID)\b/g)].map(
      ([, name = '']) => name,
    ),
  );
  const unknown = [...used].filter((name) => !BUILT_IN.includes(name) && !declared.includes(name));
  return unknown.map((name) => `${name} is used and declared nowhere`);
}
