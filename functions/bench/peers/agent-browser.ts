import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

import { AppError } from '../../../shared/core/errors.ts';
import type { Peer, PeerBrowser } from './peer.ts';

export const AGENT_BROWSER = { 'agent-browser': '0.41.2' };
const ANSWER_MS = 60_000;
const MOST = 256 * 1024 * 1024;

interface Answer<Data> {
  readonly success: boolean;
  readonly data?: Data;
  readonly error?: string | null;
}

/**
 * agent-browser as its users have it: one call of its program for each step, which asks a daemon that holds the browser. The package
 * brings the program for Linux; its home is a folder of this peer, so nothing of a person's is touched.
 */
export async function startAgentBrowser(packages: string, browser: PeerBrowser): Promise<Peer> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'rodex-ab-'));
  stack.defer(async () => rm(home, { recursive: true, force: true }));
  const program = join(
    packages,
    'node_modules/agent-browser/bin',
    `agent-browser-linux-${process.arch}`,
  );
  await chmod(program, 0o755);
  const flags = ['--site-per-process', ...(browser.sandbox ? [] : ['--no-sandbox'])];
  const env = {
    ...browser.env,
    HOME: home,
    AGENT_BROWSER_SESSION: 'bench',
    AGENT_BROWSER_EXECUTABLE_PATH: browser.path,
    AGENT_BROWSER_ARGS: flags.join(','),
    AGENT_BROWSER_NO_VERSION_CHECK: '1',
  };
  const run = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(program, args, {
      env,
      cwd: home,
      timeout: ANSWER_MS,
      maxBuffer: MOST,
    }).catch((error: Error & { stdout?: string; stderr?: string; killed?: boolean }) => {
      const why = error.killed
        ? `no answer in ${ANSWER_MS / 1_000} s`
        : error.stderr || error.stdout;
      throw new AppError('internal', `${args[0]}: ${(why || error.message).slice(0, 300)}`);
    });
    return stdout;
  };
  const ask = async <Data>(...args: string[]): Promise<Data> => {
    const answer = JSON.parse(await run(...args, '--json')) as Answer<Data>;
    if (!answer.success) throw new AppError('internal', `${args[0]}: ${answer.error}`);
    return answer.data as Data;
  };
  await run('open', 'about:blank');
  stack.defer(async () => void (await run('close').catch(() => undefined)));
  await run('set', 'viewport', '1280', '720');
  const { cdpUrl } = await ask<{ cdpUrl: string }>('get', 'cdp-url');
  const seen = await chromium.connectOverCDP(cdpUrl);
  stack.defer(async () => seen.close());
  const page = seen.contexts().flatMap((context) => context.pages())[0];
  if (!page) throw new AppError('internal', 'the page of agent-browser was not found');
  const started = stack.move();
  return {
    name: 'agent-browser',
    version: AGENT_BROWSER['agent-browser'],
    page,
    snapshot: async () => run('snapshot', '-i'),
    marked: async (text) => {
      const refs = Array.from(
        text.matchAll(/\[(?:[^\]]*, )?ref=(\w+)/g),
        (match) => match[1] ?? '',
      );
      return marksOf(program, env, home, refs);
    },
    navigate: async (url) => void (await run('open', url)),
    type: async (ref, text) => void (await run('fill', `@${ref}`, text)),
    select: async (ref, value) => void (await run('select', `@${ref}`, value)),
    check: async (ref) => void (await run('check', `@${ref}`)),
    click: async (ref) => void (await run('click', `@${ref}`)),
    waitForText: async (text) => void (await run('wait', '--text', text)),
    close: async () => started.disposeAsync(),
  };
}

/** Asks for the mark of each ref, in one batch. */
async function marksOf(
  program: string,
  env: Record<string, string>,
  cwd: string,
  refs: readonly string[],
): Promise<string[]> {
  const child = spawn(program, ['batch', '--json', '--omit-command'], {
    env,
    cwd,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(JSON.stringify(refs.map((ref) => ['get', 'attr', `@${ref}`, 'data-nid'])));
  let text = '';
  for await (const part of child.stdout) text += String(part);
  const answers = JSON.parse(text) as { result?: { value?: string | null } | null }[];
  return answers.flatMap(({ result }) => result?.value ?? []);
}
