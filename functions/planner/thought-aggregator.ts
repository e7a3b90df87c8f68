import type { Clock } from '../../shared/core/clock.ts';

export interface AggregatorOptions {
  readonly clock: Clock;
  readonly minMs?: number;
  readonly maxMs?: number;
  /** Shown at once when so much has gathered. */
  readonly maxChars?: number;
  /** Kept for a consumer that lags; past that the oldest goes, and the text says so. */
  readonly maxWaiting?: number;
}

export interface ThoughtAggregator {
  push(text: string): void;
  /** Shows what is left, and waits until the consumer has it. */
  close(): Promise<void>;
}

const LEFT_OUT = '… ';
/** With a reason: making one up costs a stack trace. */
const CUT = 'cut';

/**
 * Thoughts for people who watch: the first at once, then in windows that widen while the consumer lags and narrow when it keeps up.
 * Nothing waits for it: what closes a step goes another way.
 */
export function createThoughtAggregator(
  show: (text: string) => void | Promise<void>,
  options: AggregatorOptions,
): ThoughtAggregator {
  const { clock, minMs = 30, maxMs = 250, maxChars = 4_000, maxWaiting = 64_000 } = options;
  const state = { waiting: '', windowMs: minMs, busy: false, closed: false };
  let shown: Promise<void> = Promise.resolve();
  let cut = new AbortController();

  async function showAll(): Promise<void> {
    while (state.waiting !== '') {
      const text = state.waiting;
      state.waiting = '';
      const began = clock.monotonicMs();
      await show(text);
      const lag = clock.monotonicMs() - began;
      state.windowMs =
        lag > state.windowMs / 2
          ? Math.min(maxMs, state.windowMs * 2)
          : Math.max(minMs, state.windowMs / 2);
      if (!state.closed) await clock.sleep(state.windowMs, cut.signal).catch(() => undefined);
      cut = new AbortController();
    }
    state.busy = false;
  }

  return {
    push(text) {
      if (text === '') return;
      state.waiting += text;
      if (state.waiting.length > maxWaiting)
        state.waiting = `${LEFT_OUT}${state.waiting.slice(-maxWaiting / 2)}`;
      if (state.busy) {
        if (state.waiting.length >= maxChars) cut.abort(CUT);
        return;
      }
      state.busy = true;
      shown = showAll();
    },
    async close() {
      state.closed = true;
      cut.abort(CUT);
      await shown;
    },
  };
}
