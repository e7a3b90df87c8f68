import { createLogger } from '../../../shared/core/logger.ts';
import { describeRequest } from '../../cli/describe-request.ts';
import { plain } from '../../cli/terminal-text.ts';
import type { HostileCase, Verdict } from './hostile-case.ts';
import type { HostileApi } from './platform-api.ts';
import { expectStatus, firstBroken, platformCase } from './platform-case.ts';

/** What is said to be the last event that was seen. */
const FORGED_IDS = ['log-', 'log--1', 'log-1e9', '-5', 'log-0, log-1', '../0', 'log-00000000000'];

function streamCases(): HostileCase[] {
  return [
    platformCase(
      'sse/forged-last-event-id',
      async (api) => {
        const key = await api.keyOf('viewer');
        const runId = await api.runOf();
        const other = await api.runOf('globex');
        const forged = FORGED_IDS.map(
          (id) =>
            [
              id,
              async () =>
                expectStatus(
                  await api.ask(`/v1/runs/${runId}/events`, {
                    key,
                    headers: { 'last-event-id': id },
                  }),
                  400,
                ),
            ] as const,
        );
        return firstBroken({
          ...Object.fromEntries(forged),
          'of another tenant': async () =>
            expectStatus(
              await api.ask(`/v1/runs/${other}/events`, {
                key,
                headers: { 'last-event-id': 'log-0' },
              }),
              404,
            ),
          'before the beginning of nothing': async () => {
            const answer = await api.ask(`/v1/runs/${runId}/poll?after=log-999999999&waitMs=1`, {
              key,
            });
            const told = await answer.text();
            return told.includes('goal of')
              ? `entries were told: ${told.slice(0, 100)}`
              : undefined;
          },
        });
      },
      async (api) => {
        const key = await api.keyOf('viewer');
        const runId = await api.runOf();
        const stop = new AbortController();
        const answer = await api.ask(`/v1/runs/${runId}/events`, {
          key,
          headers: { 'last-event-id': '' },
          signal: stop.signal,
        });
        const first = await answer.body?.getReader().read();
        stop.abort();
        const told = Buffer.from(first?.value ?? []).toString();
        return told.startsWith('id: log-0\n') ? undefined : `no first entry: ${told.slice(0, 100)}`;
      },
    ),
  ];
}

const PATHS = [
  '..%2f..%2f..%2fsecrets%2fmaster.key',
  '..%5c..%5csecrets%5cmaster.key',
  '%2e%2e%2f%2e%2e%2fstate.db',
  '%2fetc%2fpasswd',
  'report.csv%00.txt',
  'report.csv%2f..%2freport.csv',
  'browser-state-1',
];
const NAMES = [
  '../report.csv',
  '/etc/cron.d/x',
  'a/../../b',
  '..\\b',
  'b\u0000',
  '..',
  '\u202etxt',
];

function artifactCases(): HostileCase[] {
  const content = new TextEncoder().encode('a,b\n=HYPERLINK("http://evil.test"),2\n');
  const put = async (api: HostileApi, runId: string, name: string) =>
    api.platform.artifacts.put('local', runId, name, content, { mediaType: 'text/csv' });
  return [
    platformCase(
      'artifact/path-traversal',
      async (api) => {
        const key = await api.keyOf('viewer');
        const runId = await api.runOf();
        await put(api, runId, 'report.csv');
        const read = PATHS.map(
          (path) =>
            [
              path,
              async () =>
                expectStatus(
                  await api.ask(`/v1/runs/${runId}/artifacts/${path}`, { key }),
                  400,
                  404,
                ),
            ] as const,
        );
        const written = NAMES.map(
          (name) =>
            [
              JSON.stringify(name),
              async () =>
                put(api, runId, name).then(
                  () => 'it was kept under that name',
                  () => undefined,
                ),
            ] as const,
        );
        return firstBroken(Object.fromEntries([...read, ...written]));
      },
      async (api) => {
        const key = await api.keyOf('viewer');
        const runId = await api.runOf();
        await put(api, runId, 'report.csv');
        return expectStatus(await api.ask(`/v1/runs/${runId}/artifacts/report.csv`, { key }), 200);
      },
    ),
    platformCase(
      'artifact/csv-injection',
      async (api) => {
        const runId = await api.runOf();
        await put(api, runId, 'report.csv');
        const answer = await api.ask(`/v1/runs/${runId}/artifacts/report.csv`, {
          key: await api.keyOf('viewer'),
        });
        await answer.body?.cancel();
        // What a site gave is kept as it came, byte for byte: so nothing may open it by itself.
        const shown = {
          'content-type': 'application/octet-stream',
          'x-content-type-options': 'nosniff',
          'content-security-policy': "sandbox; default-src 'none'",
        };
        for (const [name, value] of Object.entries(shown))
          if (!answer.headers.get(name)?.startsWith(value))
            return `${name}: ${answer.headers.get(name)}`;
        return answer.headers.get('content-disposition')?.startsWith('attachment')
          ? undefined
          : 'it is no attachment';
      },
      async (api) => {
        const key = await api.keyOf('viewer');
        const runId = await api.runOf();
        await put(api, runId, 'report.csv');
        const answer = await api.ask(`/v1/runs/${runId}/artifacts/report.csv`, { key });
        const same = Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(content));
        return same ? undefined : 'the file is another one';
      },
    ),
  ];
}

const ANSI =
  '\u001b[2J\u001b]0;taken\u0007\u009b31mapproved\u202e\r\n{"severity":"ERROR","message":"forged"}';

/** What one line of a log, and of a terminal, is made of. */
function linesOf(text: string): Verdict {
  const lines: string[] = [];
  createLogger('debug', (line) => void lines.push(line)).error(`failed: ${text}`, { path: text });
  const [line = ''] = lines;
  if (lines.length !== 1 || line.trimEnd().includes('\n'))
    return `${lines.length} entries, of more than one line`;
  // oxlint-disable-next-line no-control-regex -- these are what must not stand there
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(line)) return 'control characters stand in the log';
  const { path } = JSON.parse(line) as { path?: unknown };
  return path === text ? undefined : 'the log says something else';
}

function textCases(): HostileCase[] {
  const asked = (text: string): string[] =>
    describeRequest({
      requestId: 'ask_1',
      kind: 'approval',
      question: text,
      facts: { control: text, near: text, amounts: [text], fields: [{ label: text, value: text }] },
      askedAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-01T00:00:00.000Z',
    });
  return [
    platformCase(
      'text/log-injection',
      async (api) => {
        const path = `/v1/runs/${encodeURIComponent(ANSI)}`;
        const broken = await expectStatus(
          await api.ask(path, { key: await api.keyOf('viewer') }),
          404,
        );
        for (const line of api.lines) JSON.parse(line);
        return broken ?? linesOf(ANSI);
      },
      async () => linesOf('an error of everyday'),
    ),
    platformCase(
      'text/ansi-injection',
      async () => {
        const shown = [plain(ANSI), ...asked(ANSI)];
        const bad = shown.find((line) => /[\p{Cc}\p{Cf}]/u.test(line));
        return bad === undefined ? undefined : `it reaches the terminal: ${JSON.stringify(bad)}`;
      },
      async () =>
        [plain('10 EUR for Ada'), ...asked('10 EUR for Ada')].every((line) =>
          line.includes('10 EUR for Ada'),
        )
          ? undefined
          : 'plain text is changed',
    ),
  ];
}

export function requestCases(): HostileCase[] {
  return [...streamCases(), ...artifactCases(), ...textCases()];
}
