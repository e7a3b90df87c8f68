import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { stagesOf, type Stage } from './dockerfile-steps.ts';

const run = promisify(execFile);

export interface BuiltImage {
  /** A folder that holds what the image would. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  readonly entrypoint: readonly string[];
  readonly bytes: number;
}

export interface BuildOptions {
  readonly dockerfile: string;
  /** The checkout; only what `.dockerignore` there lets in is copied. */
  readonly context: string;
  /** Everything is made in here. */
  readonly place: string;
}

interface Layer {
  root: string;
  env: Record<string, string>;
  user: string;
  workdir: string;
  entrypoint: readonly string[];
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** What the official slim images leave out. */
const SLIM = ['man', 'doc', 'locale', 'info', 'groff', 'lintian'].map(
  (folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`,
);
/** Debian's own archive, as in the base image. */
const DEBIAN = 'deb.debian.org';
const ARCHIVES = [
  [`http://${DEBIAN}/debian`, ''],
  [`http://${DEBIAN}/debian-security`, '-security'],
] as const;
/** Made by whoever runs a container, not by who builds the image. */
const GIVEN_FILES = ['resolv.conf', 'hosts', 'hostname'];

/** An image as folders, without a Docker engine: every step of the Dockerfile, the base image by mmdebstrap. Needs root. */
export async function buildRoot(options: BuildOptions): Promise<BuiltImage> {
  const allowed = await allowedBy(join(options.context, '.dockerignore'));
  const built = new Map<string, Layer>();
  let last: Layer | undefined;
  for (const stage of stagesOf(options.dockerfile)) {
    last = await layerUnder(stage, built, options.place);
    for (const step of stage.steps) {
      if (step.kind === 'run') await runIn(last, step.command);
      if (step.kind === 'copy') {
        const source = step.from === undefined ? options.context : built.get(step.from)?.root;
        if (source === undefined) throw new Error(`COPY --from=${step.from}: no such stage`);
        for (const path of step.paths.slice(0, -1)) {
          if (step.from === undefined && !allowed(path))
            throw new Error(`COPY ${path}: .dockerignore keeps it out`);
          await copy(join(source, path), join(last.root, step.paths.at(-1) ?? ''));
        }
      }
      if (step.kind === 'env') Object.assign(last.env, step.values);
      if (step.kind === 'user') last.user = step.user;
      if (step.kind === 'entrypoint') last.entrypoint = step.words;
      if (step.kind === 'workdir') {
        last.workdir = step.path;
        await mkdir(join(last.root, step.path), { recursive: true });
      }
    }
    built.set(stage.name, last);
  }
  if (!last) throw new Error(`${options.dockerfile} has no stage`);
  const { stdout } = await run('du', ['--summarize', '--bytes', '--one-file-system', last.root]);
  return { ...last, bytes: Number(stdout.split('\t')[0]) };
}

async function layerUnder(
  stage: Stage,
  built: ReadonlyMap<string, Layer>,
  place: string,
): Promise<Layer> {
  const root = join(place, `stage-${built.size}`);
  const below = built.get(stage.base);
  await run('cp', ['--archive', below?.root ?? (await baseOf(stage.base, place)), root]);
  if (below) return { ...below, env: { ...below.env }, root };
  return { root, env: { PATH }, user: '0:0', workdir: '/', entrypoint: [] };
}

/** The archive's packages of today: a digest names those of the day on which it was made. */
async function baseOf(image: string, place: string): Promise<string> {
  const suite = /^debian:([a-z]+)-\d{8}-slim@sha256:[0-9a-f]{64}$/.exec(image)?.[1];
  if (suite === undefined)
    throw new Error(`${image}: a base is debian:SUITE-DATE-slim with its digest`);
  const root = join(place, `base-${suite}`);
  if (await stat(root).catch(() => undefined)) return root;
  const partial = `${root}.partial`;
  const sources = ARCHIVES.map(([url, suffix]) => `deb ${url} ${suite}${suffix} main`);
  const words = ['--quiet', '--variant=minbase', ...SLIM, suite, partial, ...sources];
  await run('mmdebstrap', words, { maxBuffer: 1 << 26 });
  for (const name of GIVEN_FILES) await writeFile(join(partial, 'etc', name), '');
  await appendFile(
    join(partial, 'etc/dpkg/dpkg.cfg.d/slim'),
    SLIM.map((option) => `${option.slice('--dpkgopt='.length)}\n`).join(''),
  );
  await rename(partial, root);
  return root;
}

const IN_ROOT = `
set -e
mount --bind /etc/resolv.conf "$1/etc/resolv.conf"
mount --bind /dev "$1/dev"
mount -t proc proc "$1/proc"
root=$1 command=$2; shift 2
exec chroot "$root" /usr/bin/env --ignore-environment "$@" /bin/sh -c "$command"
`;

async function runIn(layer: Layer, command: string): Promise<void> {
  if (layer.user !== '0:0') throw new Error(`RUN as ${layer.user} is not followed: ${command}`);
  const variables = Object.entries(layer.env).map(([name, value]) => `${name}=${value}`);
  const words = ['--mount', 'sh', '-c', IN_ROOT, 'run', layer.root, command];
  try {
    await run('unshare', [...words, 'DEBIAN_FRONTEND=noninteractive', ...variables], {
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`RUN ${command}\n${stderr.slice(-2_000)}`, { cause: error });
  }
}

/** As COPY does: the content of a folder, a file under its new name; owned by root, modes kept. */
async function copy(source: string, target: string): Promise<void> {
  const folder = (await stat(source)).isDirectory();
  await mkdir(folder ? target : join(target, '..'), { recursive: true });
  const from = folder ? `${source}/.` : source;
  await run('cp', ['--recursive', '--no-dereference', '--preserve=mode', from, target]);
}

/** Understands a `.dockerignore` that keeps everything out but the paths it names. */
async function allowedBy(file: string): Promise<(path: string) => boolean> {
  const lines = (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [all, ...let_in] = lines;
  if (all !== '*' || let_in.some((line) => !line.startsWith('!')))
    throw new Error(`${file}: "*" first, then only "!path"`);
  const paths = let_in.map((line) => line.slice(1));
  return (path) => {
    const wanted = path.replace(/\/$/, '');
    return paths.some((each) => wanted === each || wanted.startsWith(`${each}/`));
  };
}
