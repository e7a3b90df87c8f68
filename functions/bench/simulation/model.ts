import type { GeminiClient } from '../../planner/gemini/gemini-client.ts';
import type { GeminiContent, PlanningEvent } from '../../planner/gemini/planning-event.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { NEIGHBOUR_MARK } from './neighbour.ts';
import type { SimulatedProcess } from './process.ts';
import { FIELDS, SECRET, SHOP, type Shop } from './shop.ts';

type Item = Record<string, unknown>;

interface Seen {
  readonly page: string;
  readonly ordered: boolean;
  readonly denied: boolean;
}

interface Told {
  readonly status?: string;
  readonly effect?: string;
  readonly code?: string;
  readonly changed?: { readonly url?: string };
}

/** What this model needs of a conversation; the prompt protocol itself is tested beside the planner. */
function read(contents: readonly GeminiContent[]): Seen {
  const texts = contents
    .filter(({ role }) => role === 'user')
    .map(({ parts }) => parts.map(({ text }) => (typeof text === 'string' ? text : '')).join(''));
  let ordered = false;
  let denied = false;
  for (const line of texts.join('\n').split('\n')) {
    if (!line.startsWith('outcome ')) continue;
    const told = JSON.parse(line.slice('outcome '.length)) as Told;
    const acted = told.status === 'done' || told.status === 'resolved-acted';
    // A buyer whom the shop did not know any more was sent away with the order.
    const sentAway = told.changed?.url?.endsWith('/sign-in') === true;
    if (told.effect === 'commit' && acted && !sentAway) ordered = true;
    if (told.code === 'approval_denied') denied = true;
  }
  const page = /^title: (.*)$/m.exec(texts.at(-1) ?? '')?.[1] ?? '';
  return { page, ordered, denied };
}

const FINISH = { action: 'finish', status: 'success', summary: 'ordered' };

function order(quantity: number, reference: string): Item[] {
  const texts = ['Paper', String(quantity), reference];
  const refs = Object.keys(FIELDS);
  return [
    ...refs.map((target, at) => ({ action: 'type', target, text: texts[at] })),
    { action: 'click', target: 'e9' },
  ];
}

/** How a model may go wrong besides breaking off: it forgets what it did, or changes its mind about how much to order. */
export interface Whims {
  readonly forgets: boolean;
  readonly quantity: number;
}

function planFor({ page, ordered, denied }: Seen, { forgets, quantity }: Whims): readonly Item[] {
  if (ordered && !(forgets && page === 'form')) return [FINISH];
  if (denied) return [{ ...FINISH, status: 'failure', summary: 'denied' }];
  if (page === 'sign-in')
    return [
      { action: 'type', target: 'e7', text: `{{secret.${SECRET}}}` },
      { action: 'click', target: 'e8' },
    ];
  if (page !== 'form') return [{ action: 'navigate', url: `${SHOP}/` }];
  return [...order(quantity, '{{input.reference}}'), FINISH];
}

/** Streams the plan that the conversation asks for, item by item; may break off, fail or fall silent. */
export function simulatedModel(
  process: SimulatedProcess,
  trouble: number,
  shop: Shop,
): Pick<GeminiClient, 'streamPlan'> {
  const { simulation } = process;
  const happens = (): boolean => !process.calm && trouble > 0 && simulation.random() < trouble;
  return {
    streamPlan: async function* ({ contents }, signal): AsyncGenerator<PlanningEvent> {
      yield { type: 'turn.started', attempt: 1 };
      await process.cross('model');
      const seen = read(contents);
      const looks = JSON.stringify(contents).includes(NEIGHBOUR_MARK);
      // One that forgets orders the very same again; one that changes its mind has not ordered yet.
      const quantity = Number(
        shop.orders.at(-1)?.quantity ?? (trouble > 0 && simulation.random() < 0.3 ? 1_200 : 12),
      );
      const items = looks
        ? [{ ...FINISH, summary: NEIGHBOUR_MARK }]
        : planFor(seen, { forgets: happens(), quantity });
      // Each stream signs its items: those of two must never be joined.
      const why = `stream ${process.name}-${simulation.now}`;
      const broken = (itemsClosed: number): PlanningEvent => {
        process.counters.faults['model-break'] += 1;
        const error = new AppError('model_stream_broken', 'simulated break', { retryable: true });
        return { type: 'turn.broken', error, itemsClosed, parts: [] };
      };
      for (const [index, item] of items.entries()) {
        await process.clock.sleep(simulation.random() * 200, signal);
        if (happens()) {
          yield broken(index);
          return;
        }
        if (happens() && seen.page === 'form') {
          // What came before a break may be wrong: here a whole order of something that nobody wants.
          for (const [at, wrong] of order(99, 'WRONG').entries())
            yield { type: 'step.closed', index: index + at + 1, item: { ...wrong, why } };
          await process.clock.sleep(simulation.random() * 5_000, signal);
          yield broken(index + 4);
          return;
        }
        if (happens()) {
          process.counters.faults['model-silence'] += 1;
          await process.clock.sleep(60_000, signal);
        }
        yield { type: 'step.closed', index: index + 1, item: { ...item, why } };
      }
      yield { type: 'usage', usage: { prompt: 100, cached: 0, output: 10, thoughts: 0 } };
      yield {
        type: 'turn.completed',
        finishReason: 'STOP',
        itemsClosed: items.length,
        parts: [{ text: JSON.stringify({ steps: items }) }],
      };
    },
  };
}
