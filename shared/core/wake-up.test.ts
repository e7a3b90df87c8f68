import { describe, expect, it } from 'vitest';

import { systemClock } from './clock.ts';
import { WakeUp } from './wake-up.ts';

const FOREVER_MS = 1_000_000;

describe('wake-up', () => {
  it('does not miss a change or an abort between looking and waiting', async () => {
    const wakeUp = new WakeUp();
    wakeUp.looking();
    wakeUp.notify();
    await wakeUp.wait(systemClock, FOREVER_MS, new AbortController().signal);
    wakeUp.looking();
    await wakeUp.wait(systemClock, FOREVER_MS, AbortSignal.abort());
  });

  it('ends on a change, on an abort and at its time, and not before', async () => {
    for (const end of ['notify', 'abort', 'time'] as const) {
      const wakeUp = new WakeUp();
      const stop = new AbortController();
      let woken = false;
      wakeUp.looking();
      const waiting = wakeUp
        .wait(systemClock, end === 'time' ? 5 : FOREVER_MS, stop.signal)
        .then(() => (woken = true));
      await new Promise((resolve) => setImmediate(resolve));
      expect(woken).toBe(false);
      if (end === 'notify') wakeUp.notify();
      if (end === 'abort') stop.abort();
      await waiting;
    }
  });
});
