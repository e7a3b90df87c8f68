// Terraform itself, applied against stand-ins of its providers: nothing is made, and everything is known that would be.
// By itself it writes applied.json, which tests compare with the code wherever there is no terraform.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { APPLIED, digestOfSources, READ_BY_TERRAFORM, ROOT, terraformFiles } from './sources.mjs';
import { startStubProviders } from './stub-provider.ts';

export interface AppliedResource {
  readonly address: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}
export interface Applied {
  readonly digest: string;
  readonly resources: readonly AppliedResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface OfflineOptions {
  readonly variables: Readonly<Record<string, unknown>>;
  /** Folder below terraform/ that is applied. */
  readonly folder?: string;
  /** Replaces text of a file, by its path from the root of the checkout. */
  readonly change?: (path: string, text: string) => string;
  readonly bundles?: readonly string[];
  /** Planned after the apply: what would change. */
  readonly next?: Readonly<Record<string, unknown>>;
}

export interface Offline extends Omit<Applied, 'digest'> {
  /** `create`, `update`, `delete` and addresses, where something was planned afterwards. */
  readonly changes: readonly string[];
}

/** What terraform said, with its exit status. */
export class TerraformFailed extends Error {}

const BUNDLES = ['api', 'planner', 'scheduler', 'triggers'];

/** Errors: `TerraformFailed`. */
export async function applyOffline(options: OfflineOptions): Promise<Offline> {
  const dir = mkdtempSync(join(tmpdir(), 'rodex-apply-'));
  const stub = await startStubProviders();
  try {
    for (const path of [...terraformFiles(), ...READ_BY_TERRAFORM]) {
      const text = readFileSync(join(ROOT, path), 'utf8');
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), options.change?.(path, text) ?? text);
    }
    for (const name of options.bundles ?? BUNDLES) {
      mkdirSync(join(dir, 'bundles', name), { recursive: true });
      writeFileSync(join(dir, 'bundles', name, 'index.mjs'), '');
    }
    const cwd = join(dir, 'terraform', options.folder ?? '');
    const run = async (...args: string[]): Promise<string> => terraform(cwd, stub.reattach, args);
    // State stays in the folder, whatever the configuration says of it.
    writeFileSync(join(cwd, 'local_override.tf'), 'terraform {\n  backend "local" {}\n}\n');
    writeFileSync(join(cwd, 'given.auto.tfvars.json'), JSON.stringify(options.variables));
    await run('init', '-input=false', '-no-color');
    await run('validate', '-no-color');
    await run('apply', '-auto-approve', '-input=false', '-no-color', '-compact-warnings');
    // Nothing is left to do: what was applied is what is wanted.
    await run('plan', '-detailed-exitcode', '-input=false', '-no-color', '-compact-warnings');
    const state = readFileSync(join(cwd, 'terraform.tfstate'), 'utf8');
    for (const value of secretsIn(options.variables))
      if (state.includes(value)) throw new TerraformFailed(`the state holds a secret: ${value}`);
    const made = readState(JSON.parse(await run('show', '-json')));
    if (!options.next) return { ...made, changes: [] };
    writeFileSync(join(cwd, 'given.auto.tfvars.json'), JSON.stringify(options.next));
    await run('plan', '-input=false', '-no-color', '-compact-warnings', '-out=next.tfplan');
    return { ...made, changes: readPlan(JSON.parse(await run('show', '-json', 'next.tfplan'))) };
  } finally {
    stub.close();
    rmSync(dir, { recursive: true });
  }
}

const secretsIn = (variables: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(variables).flatMap(([name, value]) =>
    name === 'gemini_api_key' && typeof value === 'string' ? [value] : [],
  );

async function terraform(cwd: string, reattach: string, args: string[]): Promise<string> {
  const child = spawn('terraform', args, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: cwd,
      TF_IN_AUTOMATION: '1',
      TF_REATTACH_PROVIDERS: reattach,
      CHECKPOINT_DISABLE: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status === 0) return output;
  throw new TerraformFailed(`terraform ${args[0]} ended with ${status}:\n${said}`);
}

interface Module {
  readonly resources?: readonly {
    readonly address: string;
    readonly mode: string;
    readonly type: string;
    readonly values: Readonly<Record<string, unknown>>;
  }[];
  readonly child_modules?: readonly Module[];
}

function readState(shown: {
  values: { root_module: Module; outputs?: Record<string, { value: unknown }> };
}): Omit<Applied, 'digest'> {
  const all = (module: Module): AppliedResource[] => [
    ...(module.resources ?? [])
      .filter(({ mode }) => mode === 'managed')
      .map(({ address, type, values }) => ({ address, type, values: given(values) }))
      // Its id is made of chance.
      .map((each) => (each.type === 'terraform_data' ? { ...each, values: {} } : each)),
    ...(module.child_modules ?? []).flatMap(all),
  ];
  const outputs = Object.entries(shown.values.outputs ?? {}).map(([name, { value }]) => [
    name,
    value,
  ]);
  return {
    resources: all(shown.values.root_module).toSorted((a, b) => (a.address < b.address ? -1 : 1)),
    outputs: Object.fromEntries(outputs),
  };
}

function readPlan(shown: {
  resource_changes?: readonly { address: string; change: { actions: readonly string[] } }[];
}): readonly string[] {
  return (shown.resource_changes ?? [])
    .filter(({ change }) => !change.actions.every((action) => ['no-op', 'read'].includes(action)))
    .map(({ address, change }) => `${change.actions.join('+')} ${address}`)
    .toSorted();
}

/** What is null or empty was not said. */
function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
      .map(([name, value]) => [name, shorter(value)]),
  );
}

function shorter(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shorter);
  return value !== null && typeof value === 'object' ? given({ ...value }) : value;
}

/** With what applied.json is made. */
export const appliedWith = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'applied-with.json'), 'utf8')) as Record<
    string,
    unknown
  >;

export function readApplied(): Applied {
  return JSON.parse(readFileSync(APPLIED, 'utf8')) as Applied;
}

async function main(): Promise<void> {
  const { resources, outputs } = await applyOffline({ variables: appliedWith() });
  const rows = resources.map((resource) => JSON.stringify(resource)).join(',\n');
  writeFileSync(
    APPLIED,
    `{\n"digest": "${digestOfSources()}",\n"resources": [\n${rows}\n],\n"outputs": ${JSON.stringify(outputs)}\n}\n`,
  );
  process.stdout.write(`${resources.length} resources in ${APPLIED}\n`);
}

if (import.meta.main) await main();
