import { expect, it } from 'vitest';

import { MemoryGate, type MemoryGateOptions } from './memory-gate.ts';

const MIB = 1024 * 1024;

function gate(
  options: Partial<MemoryGateOptions> & { freeMib?: number; browserMib?: number } = {},
): MemoryGate {
  return new MemoryGate({
    maxContexts: 10,
    browserBytes: async () => (options.browserMib ?? 200) * MIB,
    readMemory: async () => ({
      limitBytes: 1_000 * MIB,
      freeBytes: (options.freeMib ?? 900) * MIB,
    }),
    ...options,
  });
}

it('lets the first context in however little memory there is, and makes the second wait for it', async () => {
  const small = gate({ freeMib: 120 });
  const leave = await small.enter();
  let reason: (text: string) => void = () => undefined;
  const told = new Promise<string>((resolve) => (reason = resolve));
  const second = small.enter(undefined, reason);
  expect(await told).toBe(
    '1 browser contexts are open and 120 of 1000 MiB are free; one more needs about 120 MiB beside a reserve of 100 MiB',
  );
  expect(small.openContexts).toBe(1);
  leave();
  leave();
  await second;
  expect(small.openContexts).toBe(1);
});

it('takes for a context what those that are open take', async () => {
  const roomy = gate({ freeMib: 230, browserMib: 160 });
  await roomy.enter();
  await roomy.enter();
  expect(roomy.openContexts).toBe(2);
  const heavy = gate({ freeMib: 230, browserMib: 500 });
  await heavy.enter();
  const given = new AbortController();
  const waits = heavy.enter(given.signal, (reason) => given.abort(new Error(reason)));
  await expect(waits).rejects.toThrow('one more needs about 420 MiB');
});

it('keeps to the largest number of contexts, first come first served', async () => {
  const one = gate({ maxContexts: 1 });
  const leave = await one.enter();
  const order: string[] = [];
  const enters = async (name: string): Promise<void> => {
    const done = await one.enter();
    order.push(name);
    done();
  };
  const second = enters('second');
  const third = enters('third');
  leave();
  await Promise.all([second, third]);
  expect(order).toEqual(['second', 'third']);
});

it('forgets whoever gives up waiting', async () => {
  const one = gate({ maxContexts: 1 });
  const leave = await one.enter();
  const given = new AbortController();
  const gone = one.enter(given.signal, () => given.abort(new Error('given up')));
  const next = one.enter();
  await expect(gone).rejects.toThrow('given up');
  leave();
  await next;
  expect(one.openContexts).toBe(1);
});

it('does not measure where there is plenty', async () => {
  let measured = 0;
  const rich = gate({
    readMemory: async () => ({ limitBytes: 8_000 * MIB, freeBytes: 4_000 * MIB }),
    browserBytes: async () => (measured += 1),
  });
  await rich.enter();
  await rich.enter();
  expect(measured).toBe(0);
});
