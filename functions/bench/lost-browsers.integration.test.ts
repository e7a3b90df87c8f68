import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createClient, type Client } from '../../shared/client/client.ts';
import type { LogEvent } from '../../shared/contracts/log-entry.ts';
import { readConversation } from '../planner/offline/conversation.ts';
import { withPlatform } from './bench-platform.ts';

/** A site that answers when it is told to. */
class HoldingSite {
  readonly payments: string[] = [];
  readonly #held = new Map<string, ServerResponse[]>();
  readonly #waiters = new Set<() => void>();
  readonly #server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (request.method === 'POST') this.payments.push(path);
    const [, kind = '', name = ''] = path.split('/');
    if (kind === 'hold' || request.method === 'POST') {
      this.#held.set(name, [...(this.#held.get(name) ?? []), response]);
      for (const wake of this.#waiters) wake();
      return;
    }
    response.setHeader('content-type', 'text/html');
    if (kind === 'pay')
      response.end(
        `<title>Pay</title><form method=post action="/paid/${name}"><button>Pay</button></form>`,
      );
    else
      response.end(
        `<title>${name}</title><p id=p>Waiting</p><script>window.kept=new Uint8Array(${name.startsWith('heavy') ? 1.5e8 : 1}).fill(1);fetch('/hold/${name}').then(()=>p.textContent='Ready')</script>`,
      );
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the n-th request for this name waits. */
  async asked(name: string, times = 1): Promise<void> {
    for (;;) {
      if ((this.#held.get(name)?.length ?? 0) >= times) return;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiters.delete(wake);
          resolve();
        };
        this.#waiters.add(wake);
      });
    }
  }

  release(name: string): void {
    for (const response of this.#held.get(name) ?? []) response.end('ok');
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Processes of Chromium below this one; `type`: `renderer`, or `browser` for the one that started the others. */
function chromium(type: 'renderer' | 'browser'): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc'))
    if (/^\d+$/.test(name)) {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        parents.set(
          Number(name),
          Number(/^\S (\d+)/.exec(stat.slice(stat.lastIndexOf(')') + 2))?.[1]),
        );
      } catch {
        // It ended meanwhile.
      }
    }
  const isOurs = (pid: number): boolean => {
    for (let up: number | undefined = pid; up !== undefined && up > 1; up = parents.get(up))
      if (up === process.pid) return true;
    return false;
  };
  return [...parents.keys()].filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const isType =
        type === 'renderer'
          ? command.includes('--type=renderer')
          : command.includes('--remote-debugging-pipe') && !command.includes('--type=');
      return isType && isOurs(pid);
    } catch {
      return false;
    }
  });
}

function residentKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}

/** The run's events up to one of this type, or to its end. */
async function eventsOf(
  client: Client,
  runId: string,
  until: LogEvent['type'],
): Promise<LogEvent[]> {
  for await (const message of client.events(runId))
    if (message.type === 'entry' && message.entry.event.type === until) break;
  return (await client.log(runId)).map(({ event }) => event);
}

const endOf = (events: readonly LogEvent[]): LogEvent | undefined =>
  events.find(({ type }) => type === 'run.ended');
const browsers = (events: readonly LogEvent[]): number =>
  events.filter(({ type }) => type === 'browser.opened').length;

const site = new HoldingSite();
let origin = '';
beforeAll(async () => {
  origin = await site.start();
});
afterAll(() => site.close());

function onPlatform<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const finish = { action: 'finish', status: 'success', summary: 'done' };
  return withPlatform(
    {
      calls: (body) => {
        const seen = readConversation(body.contents);
        if (seen?.goal === 'pay' && seen.planEpoch === 1) {
          const button = seen.page.lines
            .flatMap((line) => line.units)
            .find(({ name }) => name === 'Pay');
          return { plan: { steps: [{ action: 'click', target: button?.ref ?? 'e0' }] } };
        }
        const isReady =
          seen?.goal === 'pay' || seen?.page.lines.some((line) => line.text.includes('Ready'));
        return {
          plan: { steps: isReady ? [finish] : [{ action: 'wait', text: 'Ready', ms: 30_000 }] },
        };
      },
    },
    (pool) => pool,
    async (here) => work(createClient(here)),
  );
}

const startRun = async (client: Client, name: string): Promise<string> => {
  const { runId } = await client.createRun({ goal: 'wait', url: `${origin}/wait/${name}` });
  await site.asked(name);
  return runId;
};

describe('what is lost with a browser', { timeout: 120_000 }, () => {
  it('a killed renderer costs the run that it showed, which goes on in a new page; the other does not notice', async () => {
    await onPlatform(async (client) => {
      const first = await startRun(client, 'heavy');
      const second = await startRun(client, 'r2');
      // Which process shows which page is the browser's secret; this page takes by far the most.
      const [largest] = chromium('renderer').toSorted((a, b) => residentKib(b) - residentKib(a));
      expect(largest).toBeDefined();
      // Zero would be this process and all that it started.
      if (largest !== undefined) process.kill(largest, 'SIGKILL');
      await site.asked('heavy', 2);
      site.release('heavy');
      site.release('r2');
      const [firstLog, secondLog] = await Promise.all([
        eventsOf(client, first, 'run.ended'),
        eventsOf(client, second, 'run.ended'),
      ]);
      expect([browsers(firstLog), browsers(secondLog)]).toEqual([2, 1]);
      expect([endOf(firstLog), endOf(secondLog)]).toMatchObject([
        { status: 'succeeded' },
        { status: 'succeeded' },
      ]);
    });
  });

  it('a killed browser costs the runs that were in it, which go on in a new one', async () => {
    await onPlatform(async (client) => {
      const runs = [await startRun(client, 'b1'), await startRun(client, 'b2')];
      // One of the test before may still be ending.
      for (const pid of chromium('browser')) process.kill(pid, 'SIGKILL');
      await Promise.all([site.asked('b1', 2), site.asked('b2', 2)]);
      site.release('b1');
      site.release('b2');
      for (const runId of runs) {
        const log = await eventsOf(client, runId, 'run.ended');
        expect(browsers(log)).toBe(2);
        expect(endOf(log)).toMatchObject({ status: 'succeeded' });
      }
    });
  });

  it('a commit in a renderer that was killed is asked about and not repeated', async () => {
    await onPlatform(async (client) => {
      const { runId } = await client.createRun({
        goal: 'pay',
        url: `${origin}/pay/c1`,
        contract: { navigate: [origin], commits: [{ name: 'Pay' }] },
      });
      await site.asked('c1');
      for (const pid of chromium('renderer')) process.kill(pid, 'SIGKILL');
      const asked = await eventsOf(client, runId, 'human.requested');
      expect(asked.find(({ type }) => type === 'human.requested')).toMatchObject({
        request: { kind: 'uncertain' },
      });
      site.release('c1');
      const run = await client.run(runId);
      await client.answer(runId, run.waitingFor?.requestId ?? '', 'acted');
      const log = await eventsOf(client, runId, 'run.ended');
      expect(endOf(log)).toMatchObject({ status: 'succeeded' });
      expect(site.payments).toEqual(['/paid/c1']);
    });
  });
});
