import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { promisify } from 'node:util';

import { AppError } from '../../../shared/core/errors.ts';
import { exitStatus } from '../../../shared/core/error-table.ts';
import { findChromium } from '../../executor/browser/chromium-binary.ts';
import type { CommandContext } from '../session.ts';
import { bytes, paint } from '../terminal-text.ts';

interface Finding {
  readonly name: string;
  /** `note`: works, but a person should know. */
  readonly state: 'ok' | 'note' | 'missing';
  readonly detail: string;
  readonly cure?: string;
}

const run = promisify(execFile);
const NEEDED_BYTES = 1024 * 1024 * 1024;

function machine(): Finding {
  const { platform, arch, versions } = process;
  if (platform === 'linux' && arch === 'x64')
    return { name: 'machine', state: 'ok', detail: `Linux x64, Node ${versions.node}` };
  return {
    name: 'machine',
    state: 'missing',
    detail: `${platform} ${arch}: the Chromium that npm brings is for Linux x64 only`,
    cure: 'set RODEX_CHROMIUM_PATH to a Chromium of your own, or use a Linux x64 machine',
  };
}

async function browser({ config }: CommandContext): Promise<Finding> {
  try {
    const binary = await findChromium({
      cacheDir: config.cacheDir,
      ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
    });
    return { name: 'browser', state: 'ok', detail: `Chromium ${binary.version} at ${binary.path}` };
  } catch (error) {
    return {
      name: 'browser',
      state: 'missing',
      detail: AppError.from(error).message,
      cure: 'then run npx rodex doctor again',
    };
  }
}

function sandbox(): Finding {
  if (process.getuid?.() !== 0)
    return { name: 'sandbox', state: 'ok', detail: "Chromium's own sandbox will be on" };
  return {
    name: 'sandbox',
    state: 'note',
    detail: 'you are root, so Chromium runs WITHOUT its sandbox',
    cure: 'run as an ordinary user wherever pages are not your own',
  };
}

function planner({ config }: CommandContext): Finding {
  const { apiKey, baseUrl, model } = config.gemini;
  if (apiKey !== undefined)
    return {
      name: 'planner',
      state: 'ok',
      detail: `Gemini (${model})${baseUrl === undefined ? '' : ` at ${baseUrl}`}`,
    };
  if (baseUrl !== undefined)
    return { name: 'planner', state: 'ok', detail: `${model} at ${baseUrl}, without a key` };
  return {
    name: 'planner',
    state: 'note',
    detail:
      'the offline planner: it understands the published grammar only (docs/architecture/offline-grammar.md)',
    cure: 'set GEMINI_API_KEY to plan with Gemini',
  };
}

function disk({ config }: CommandContext): Finding {
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
    accessSync(config.dataDir, constants.W_OK);
    const { bavail, bsize } = statfsSync(config.dataDir);
    const free = bavail * bsize;
    if (free >= NEEDED_BYTES)
      return { name: 'disk', state: 'ok', detail: `${bytes(free)} free for ${config.dataDir}` };
    return {
      name: 'disk',
      state: 'missing',
      detail: `only ${bytes(free)} free for ${config.dataDir}`,
      cure: 'free some, or set RODEX_DATA_DIR to another disk',
    };
  } catch (error) {
    return {
      name: 'disk',
      state: 'missing',
      detail: `${config.dataDir}: ${AppError.from(error).message}`,
      cure: 'set RODEX_DATA_DIR to a folder that you may write to',
    };
  }
}

async function emulators(): Promise<Finding> {
  try {
    const { stdout } = await run(
      'gcloud',
      ['components', 'list', '--only-local-state', '--format=value(id)'],
      { timeout: 60_000 },
    );
    const have = new Set(stdout.split('\n'));
    const lacking = ['cloud-firestore-emulator', 'pubsub-emulator', 'beta'].filter(
      (id) => !have.has(id),
    );
    if (lacking.length === 0)
      return { name: 'emulators', state: 'ok', detail: 'Firestore and Pub/Sub' };
    return {
      name: 'emulators',
      state: 'note',
      detail: `gcloud lacks ${lacking.join(', ')}: their tests are skipped`,
      cure: `gcloud components install ${lacking.join(' ')}`,
    };
  } catch {
    return {
      name: 'emulators',
      state: 'note',
      detail: 'gcloud was not found: tests against the emulators are skipped',
      cure: 'install the Google Cloud CLI; nothing else needs it',
    };
  }
}

function modules(): Finding {
  if (existsSync('/proc/self/stat'))
    return {
      name: 'process table',
      state: 'ok',
      detail: '/proc is there: runs of a killed process are taken up at once',
    };
  return {
    name: 'process table',
    state: 'missing',
    detail: '/proc is not mounted',
    cure: 'mount it: leases and the browser need it',
  };
}

/** What a real project lacks, as whoever is logged in here sees it. */
async function projectFindings({ config }: CommandContext): Promise<Finding[]> {
  if (!config.gcp || config.gcp.emulators)
    throw new AppError(
      'invalid_config',
      '--gcp looks into a real project: set RODEX_PLATFORM=gcp and GOOGLE_CLOUD_PROJECT, and no emulator variables',
    );
  const [{ examineProject }, { askGoogle }] = await Promise.all([
    import('../../../shared/platform/gcp-doctor.ts'),
    import('../../../shared/platform/ask-google.ts'),
  ]);
  const tenants = [config.tenantId];
  return [
    ...(await examineProject({
      config: config.gcp,
      tenants,
      ask: askGoogle(config.googleApisHost),
    })),
  ];
}

/** Names what is missing on this machine and how to get it; exit status 0 when a run would work. */
export async function doctorCommand(
  context: CommandContext,
  options: { gcp?: boolean } = {},
): Promise<number> {
  const { out } = context;
  const findings: Finding[] = options.gcp
    ? await projectFindings(context)
    : await machineFindings(context);
  return report(context, findings, out);
}

async function machineFindings(context: CommandContext): Promise<Finding[]> {
  return [
    machine(),
    modules(),
    disk(context),
    planner(context),
    sandbox(),
    ...(await Promise.all([browser(context), emulators()])),
  ];
}

function report(
  context: CommandContext,
  findings: readonly Finding[],
  out: NodeJS.WriteStream,
): number {
  const works = findings.every((finding) => finding.state !== 'missing');
  if (context.json) out.write(`${JSON.stringify({ works, findings })}\n`);
  else
    for (const { name, state, detail, cure } of findings) {
      const mark =
        state === 'ok'
          ? paint('green', '✓', out)
          : state === 'note'
            ? paint('yellow', '!', out)
            : paint('red', '✗', out);
      out.write(
        `${mark} ${name.padEnd(14)} ${detail}\n${cure === undefined ? '' : `${' '.repeat(17)}→ ${cure}\n`}`,
      );
    }
  return works ? 0 : exitStatus('browser_missing');
}
