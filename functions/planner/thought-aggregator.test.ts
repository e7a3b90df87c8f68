import { describe, expect, it, vi } from 'vitest';

import { systemClock, type Clock } from '../../shared/core/clock.ts';
import { createThoughtAggregator } from './thought-aggregator.ts';

/** Time that passes only when somebody sleeps. */
function handClock(): Clock & { advance(ms: number): Promise<void>; slept: number[] } {
  let now = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  const slept: number[] = [];
  return {
    ...systemClock,
    slept,
    monotonicMs: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        slept.push(ms);
        sleepers.push({ at: now + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      }),
    async advance(ms) {
      now += ms;
      for (const sleeper of sleepers) if (sleeper.at <= now) sleeper.wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('thoughts for people who watch', () => {
  it('show the first at once, then what gathered in a window', async () => {
    const clock = handClock();
    const shown: string[] = [];
    const thoughts = createThoughtAggregator((text) => void shown.push(text), { clock });
    thoughts.push('a');
    expect(shown).toEqual(['a']);
    await clock.advance(0);
    for (const letter of 'bcdef') thoughts.push(letter);
    await clock.advance(29);
    expect(shown).toEqual(['a']);
    await clock.advance(1);
    expect(shown).toEqual(['a', 'bcdef']);
    thoughts.push('g');
    await thoughts.close();
    expect(shown.join('')).toBe('abcdefg');
  });

  it('widen the window while the consumer lags, to 250 ms, and narrow it again', async () => {
    const clock = handClock();
    let lag = 200;
    const show = async (): Promise<void> => clock.advance(lag);
    const thoughts = createThoughtAggregator(show, { clock });
    for (let index = 0; index < 8; index += 1) {
      thoughts.push('x');
      await clock.advance(0);
      if (index === 5) lag = 0;
      await clock.advance(300);
    }
    expect(Math.max(...clock.slept)).toBe(250);
    expect(clock.slept[0]).toBe(60);
    expect(clock.slept.at(-1)).toBeLessThan(250);
    await thoughts.close();
  });

  it('never hold up the one who talks, and keep no more than they may', async () => {
    const stuck = new Promise<void>(() => undefined);
    const shown: string[] = [];
    const show = async (text: string): Promise<void> => {
      shown.push(text);
      if (shown.length === 1) await stuck;
    };
    const thoughts = createThoughtAggregator(show, { clock: systemClock, maxWaiting: 1_000 });
    const started = performance.now();
    for (let index = 0; index < 100_000; index += 1) thoughts.push('0123456789');
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(shown).toHaveLength(1);
  });

  it('show much at once, and say what was left out', async () => {
    const shown: string[] = [];
    let release = (): void => undefined;
    const show = async (text: string): Promise<void> => {
      shown.push(text);
      if (shown.length === 1) await new Promise<void>((resolve) => (release = resolve));
    };
    const thoughts = createThoughtAggregator(show, { clock: systemClock, maxWaiting: 100 });
    thoughts.push('first');
    thoughts.push('x'.repeat(101));
    release();
    await vi.waitFor(() => expect(shown).toHaveLength(2));
    expect(shown[1]).toBe(`… ${'x'.repeat(50)}`);
    await thoughts.close();
  });
});
