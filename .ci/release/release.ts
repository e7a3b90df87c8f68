/** Runs gcloud with these words and gives what it printed. Rejects when it fails. */
export type Gcloud = (...words: readonly string[]) => Promise<string>;

export interface ReleaseOptions {
  readonly project: string;
  readonly region: string;
  /** Folders of `bundles/` that are functions, in the order in which they are released. */
  readonly functions: readonly string[];
  /** The executor's image, by digest. */
  readonly image: string;
  /** Share of traffic, and of the executor's instances, that the new revisions get first. */
  readonly canaryPercent: number;
  /** How long they are watched at that share. */
  readonly watchMs: number;
  readonly gcloud: Gcloud;
  readonly wait: (ms: number) => Promise<void>;
  readonly say: (line: string) => void;
}

/** One thing whose traffic can be split: a function's service, or the worker pool. */
interface Target {
  readonly name: string;
  /** The words of gcloud for it, and for its split. */
  readonly group: readonly string[];
  readonly split: string;
  readonly kind: 'service' | 'worker_pool';
}

interface Released extends Target {
  readonly before: string;
  after: string | undefined;
}

/** How often the new revisions' logs are looked at while they are watched. */
const LOOK_MS = 30_000;
export const LOG_BUCKET = 'rodex';

const service = (name: string): Target => ({
  name,
  group: ['run', 'services'],
  split: 'update-traffic',
  kind: 'service',
});
export const POOL: Target = {
  name: 'rodex-executor',
  group: ['beta', 'run', 'worker-pools'],
  split: 'update-instance-split',
  kind: 'worker_pool',
};

/**
 * New revisions get a share of the work, are watched, and then get all of it. Whatever goes wrong on the way, everything that was touched goes
 * back to the revision that served before, and this rejects.
 */
export async function release(options: ReleaseOptions): Promise<void> {
  const { functions, canaryPercent, watchMs, wait, say } = options;
  const targets = [POOL, ...functions.map((name) => service(`rodex-${name}`))];
  const released: Released[] = [];
  for (const target of targets)
    released.push({ ...target, before: await servingRevision(target, options), after: undefined });
  say(`serving now; to go back: ${goBackWith(released)}`);
  try {
    // Pinned: a new revision must get nothing by being the latest.
    for (const each of released) await splitTo(each, `${each.before}=100`, options);
    for (const each of released) each.after = await deploy(each, options);
    const changed = released.filter(({ before, after }) => after !== before);
    say(`new: ${changed.map(({ after }) => after).join(', ') || 'nothing'}`);
    for (const each of changed)
      await splitTo(
        each,
        `${each.after}=${canaryPercent},${each.before}=${100 - canaryPercent}`,
        options,
      );
    say(`${canaryPercent} % of the work is theirs for ${Math.round(watchMs / 1_000)} s`);
    for (let left = watchMs; left > 0; left -= LOOK_MS) {
      await wait(Math.min(left, LOOK_MS));
      for (const each of changed) await mustBeWell(each, options);
    }
    for (const each of changed)
      if (!(await saidAnything(each, options)))
        say(`${each.after} said nothing: it had no work yet, so nothing is known of it`);
  } catch (error) {
    await goBack(released, options);
    throw error;
  }
  for (const each of released) await splitTo(each, undefined, options);
  say(`all of it is theirs; to go back: ${goBackWith(released)}`);
}

/** Everything that was touched serves as before. One that cannot go back does not keep the others from it. */
async function goBack(released: readonly Released[], options: ReleaseOptions): Promise<void> {
  options.say('something is wrong: going back');
  for (const each of released)
    await splitTo(each, `${each.before}=100`, options).catch((error: unknown) => {
      options.say(`${each.name} does not go back: ${(error as Error).message}`);
    });
}

function goBackWith(released: readonly Released[]): string {
  return `npm run release -- --back ${released.map(({ name, before }) => `${name}=${before}`).join(' ')}`;
}

/** By hand, and by runbooks/roll-back.md: `NAME=REVISION` of each that goes back. */
export async function sendBack(
  pairs: readonly string[],
  options: Pick<ReleaseOptions, 'project' | 'region' | 'gcloud' | 'say'>,
): Promise<void> {
  for (const pair of pairs) {
    const [name = '', revision = ''] = pair.split('=');
    if (!/^rodex-[a-z]+$/.test(name) || !revision.startsWith(`${name}-`))
      throw new Error(`${pair}: give rodex-NAME=REVISION, such as rodex-api=rodex-api-00012-abc`);
    const target = name === POOL.name ? POOL : service(name);
    await splitTo(target, `${revision}=100`, options);
    options.say(`${name} serves ${revision}`);
  }
}

interface Described {
  readonly status?: {
    readonly latestCreatedRevisionName?: string;
    readonly traffic?: readonly Share[];
    readonly instanceSplits?: readonly Share[];
  };
}
interface Share {
  readonly revisionName?: string;
  readonly percent?: number;
}

async function describe(target: Target, options: ReleaseOptions): Promise<Described> {
  const text = await options.gcloud(
    ...target.group,
    'describe',
    target.name,
    ...where(options),
    '--format=json',
  );
  return JSON.parse(text) as Described;
}

/** The revision with the most of the work. */
async function servingRevision(target: Target, options: ReleaseOptions): Promise<string> {
  const { status } = await describe(target, options);
  const shares = [...(status?.traffic ?? status?.instanceSplits ?? [])];
  const [most] = shares.toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0));
  if (!most?.revisionName)
    throw new Error(`${target.name} serves no revision: is it deployed? See terraform/`);
  return most.revisionName;
}

async function deploy(target: Target, options: ReleaseOptions): Promise<string> {
  if (target.kind === 'worker_pool')
    await options.gcloud(
      ...target.group,
      'update',
      target.name,
      `--image=${options.image}`,
      '--no-promote',
      ...where(options),
      '--quiet',
    );
  else {
    const name = target.name.replace(/^rodex-/, '');
    await options.gcloud(
      'functions',
      'deploy',
      target.name,
      '--gen2',
      `--source=bundles/${name}`,
      `--entry-point=${name}`,
      '--runtime=nodejs24',
      ...where(options),
      '--quiet',
    );
  }
  const after = (await describe(target, options)).status?.latestCreatedRevisionName;
  if (after === undefined) throw new Error(`${target.name} has no new revision`);
  return after;
}

/** Without `to`: all to the latest, now and after later changes of settings. */
async function splitTo(
  target: Target,
  to: string | undefined,
  options: Pick<ReleaseOptions, 'project' | 'region' | 'gcloud'>,
): Promise<void> {
  const share = to === undefined ? '--to-latest' : `--to-revisions=${to}`;
  await options.gcloud(
    ...target.group,
    target.split,
    target.name,
    share,
    ...where(options),
    '--quiet',
  );
}

/** A revision is well when it wrote nothing worse than a warning. */
async function mustBeWell(each: Released, options: ReleaseOptions): Promise<void> {
  const entries = await logOf(each, options, 'severity>=ERROR');
  if (entries.length === 0) return;
  const said = entries.map(({ jsonPayload }) => jsonPayload?.message ?? 'an entry without a text');
  throw new Error(`${each.after} writes errors: ${said.join('; ')}`);
}

async function saidAnything(each: Released, options: ReleaseOptions): Promise<boolean> {
  return (await logOf(each, options, 'severity>=DEFAULT')).length > 0;
}

interface Entry {
  readonly jsonPayload?: { readonly message?: string };
}

/** Our components' logs are in a bucket of their own (terraform/modules/logs), and nowhere else. */
async function logOf(
  { name, after = '', kind }: Released,
  { gcloud, project, region }: ReleaseOptions,
  severity: string,
): Promise<readonly Entry[]> {
  const filter = [
    `resource.labels.${kind}_name="${name}"`,
    `resource.labels.revision_name="${after}"`,
    severity,
  ].join(' AND ');
  const text = await gcloud(
    'logging',
    'read',
    filter,
    `--bucket=${LOG_BUCKET}`,
    `--location=${region}`,
    '--view=_AllLogs',
    '--freshness=1h',
    '--limit=5',
    '--format=json',
    `--project=${project}`,
  );
  return JSON.parse(text) as readonly Entry[];
}

function where({ project, region }: Pick<ReleaseOptions, 'project' | 'region'>): string[] {
  return [`--region=${region}`, `--project=${project}`];
}
