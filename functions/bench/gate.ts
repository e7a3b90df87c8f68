import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { Action } from '../../shared/contracts/action.ts';
import { readConfig } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { ActOptions } from '../executor/browser-session.ts';
import { createBrowserPool } from '../executor/browser/browser-pool.ts';
import { openHost } from './bench-host.ts';
import { atMost, median, type BenchOptions, type BenchResult } from './bench-result.ts';

const PAGE = `<!doctype html><title>Gate</title><style>div{cursor:pointer}</style>
<div onclick="this.dataset.n=1">Harmless</div>
<div onclick="fetch('/api',{method:'POST',body:'x'})">Sends</div>`;

/** Clicks on each control, timed. */
const CLICKS_A_ROUND = 10;

const SIDES: readonly { readonly name: string; readonly options: ActOptions }[] = [
  { name: 'no gate', options: {} },
  { name: 'gate', options: { gate: async () => true } },
  { name: 'gate, windows too', options: { gate: async () => true, gateWindows: true } },
];

/** What a click costs whose requests are held and judged, beside the same click without. */
export async function benchGate(options: BenchOptions): Promise<BenchResult> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html').end(request.url === '/' ? PAGE : 'ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const pool = createBrowserPool({
    cacheDir: config.cacheDir,
    ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
  });
  stack.defer(async () => pool.close());
  const session = await pool.open(openHost);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await session.act(Action.parse({ action: 'navigate', url: `${origin}/` }));
  const { text } = await session.observe({ kind: 'full' });
  const refOf = (name: string): string => {
    const ref = new RegExp(`\\[(e\\d+) clickable ${name}`).exec(text)?.[1];
    if (ref === undefined) throw new AppError('internal', `the page shows no "${name}"`);
    return ref;
  };
  const times = new Map<string, number[]>();
  const click = async (control: string, side: (typeof SIDES)[number]): Promise<void> => {
    const start = performance.now();
    const outcome = await session.act(
      Action.parse({ action: 'click', target: refOf(control) }),
      side.options,
    );
    if (outcome.status !== 'done') throw new AppError('internal', outcome.message ?? 'no click');
    if (side.options.gate && options.handicapMs > 0) await delay(options.handicapMs);
    const key = `${control} ${side.name}`;
    times.set(key, [...(times.get(key) ?? []), performance.now() - start]);
  };
  for (const side of SIDES) for (const control of ['Harmless', 'Sends']) await click(control, side);
  times.clear();
  for (let round = 0; round < options.repeat * CLICKS_A_ROUND; round += 1)
    for (const control of ['Harmless', 'Sends'])
      for (const side of SIDES) await click(control, side);
  const ms = (control: string, side: string): number =>
    median(times.get(`${control} ${side}`) ?? []);
  const more = (control: string, side: string): number =>
    ms(control, side) / ms(control, 'no gate');
  return {
    bench: 'gate',
    versions: { chromium: session.version, node: process.version },
    rows: ['Harmless', 'Sends'].flatMap((control) =>
      SIDES.map(({ name }) => ({
        click: control,
        side: name,
        'ms a step': Math.round(ms(control, name) * 10) / 10,
        ratio: Math.round(more(control, name) * 100) / 100,
      })),
    ),
    targets: [
      atMost(
        'step behind the gate that sends nothing, beside no gate',
        1.1,
        more('Harmless', 'gate'),
      ),
      atMost('step whose request is held and let go, beside no gate', 1.25, more('Sends', 'gate')),
      atMost('the same with windows held too', 1.6, more('Harmless', 'gate, windows too')),
    ],
  };
}
