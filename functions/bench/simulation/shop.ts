import type { Action } from '../../../shared/contracts/action.ts';
import { TargetFacts } from '../../../shared/contracts/effect.ts';
import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import { digestOf } from '../../../shared/core/digest.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { BrowserPool, BrowserSession, SessionHost } from '../../executor/browser-session.ts';
import type { SimulatedProcess } from './process.ts';

export const SHOP = 'https://shop.example';
export const ORDER_BUTTON = 'Place order';
const FIELDS: Readonly<Record<string, string>> = { e1: 'Item', e2: 'Quantity', e3: 'Reference' };

/** The shop's server: what reached it, and nothing else, is the truth. */
export class Shop {
  readonly orders: { reference: string; at: number }[] = [];
  /** What a look-up page shows. */
  lookUp(): string {
    return this.orders.length === 0
      ? 'No orders'
      : `Orders: ${this.orders.map((order) => order.reference).join(', ')}`;
  }
}

/** Browsers of one process on that shop: a form of three fields and a button; each act takes time, and may lose the browser. */
export function simulatedBrowsers(
  shop: Shop,
  process: SimulatedProcess,
  browserLoss: number,
): BrowserPool {
  return {
    open: async (host) => {
      await process.cross();
      return openSession(shop, process, browserLoss, host);
    },
    close: async () => undefined,
  };
}

function openSession(
  shop: Shop,
  process: SimulatedProcess,
  browserLoss: number,
  host: SessionHost,
): BrowserSession {
  const { simulation, counters } = process;
  const lost = new AbortController();
  const values = new Map<string, string>();
  const opened = `d${simulation.random()}`;
  let pages = 0;
  let page = 'blank';
  const documentId = (): string => `${opened}-${pages}`;
  const url = (): string => `${SHOP}/${page}`;
  const assertThere = (): void => {
    if (lost.signal.aborted) throw new AppError('browser_lost', 'simulated loss');
  };
  const mayLose = (): void => {
    if (process.calm || simulation.random() >= browserLoss) return;
    counters.faults.browser += 1;
    lost.abort(new AppError('browser_lost', 'simulated loss'));
  };
  const text = (): string => {
    const unit = (ref: string): string =>
      `[${ref} textbox ${FIELDS[ref]} = ${values.get(ref) ?? ''}]`;
    const body =
      page === 'form'
        ? [...Object.keys(FIELDS).map(unit), `[e9 button ${ORDER_BUTTON}]`]
        : [`# ${page}`];
    return [
      `url: ${url()}`,
      `title: ${page}`,
      'view: 1280x720 at 0,0 of 1280x720',
      '---',
      ...body,
      '',
    ].join('\n');
  };

  async function perform(action: Action): Promise<OutcomeInput> {
    const done: OutcomeInput = { status: 'done', acted: true };
    switch (action.action) {
      case 'navigate':
        host.assertMayShow(`${SHOP}/`);
        page = 'form';
        pages += 1;
        values.clear();
        return { ...done, changed: { url: url(), document: true } };
      case 'type':
        if (page !== 'form' || action.target === undefined)
          return { status: 'stale', code: 'target_stale' };
        values.set(action.target, (await host.resolveText(action.text)).text);
        return done;
      case 'click': {
        if (page !== 'form') return { status: 'stale', code: 'target_stale' };
        const complete = Object.keys(FIELDS).every((ref) => values.get(ref));
        if (!complete) return done;
        // The request is held at the last hop that is ours until it may leave.
        if (!host.mayFetch(`${SHOP}/order`))
          return { status: 'failed', code: 'lease_lost', acted: false };
        shop.orders.push({ reference: values.get('e3') ?? '', at: simulation.now });
        page = 'thanks';
        pages += 1;
        return { ...done, changed: { url: url(), document: true } };
      }
      default:
        return { status: 'refused', code: 'action_refused' };
    }
  }

  return {
    version: 'simulated',
    sandboxed: true,
    lost: lost.signal,
    page: () => ({
      url: url(),
      title: page,
      documentId: documentId(),
      tabId: 't1',
      dialog: undefined,
    }),
    observe: async () => {
      await process.cross();
      assertThere();
      const seen = text();
      return {
        schemaVersion: 1,
        grammar: 'rodex-observation/1',
        kind: 'full',
        text: seen,
        digest: digestOf(seen),
        url: url(),
        title: page,
        documentId: documentId(),
        tabId: 't1',
        refs: 4,
        truncated: false,
        ms: 1,
      };
    },
    inspect: async (action) => {
      await process.cross();
      assertThere();
      const base = { frameOrigin: SHOP, url: url(), documentId: documentId() };
      if (action.action !== 'click' && action.action !== 'type') return TargetFacts.parse(base);
      if (page !== 'form') throw new AppError('target_stale', 'the form is gone');
      if (action.action === 'type')
        return TargetFacts.parse({ ...base, editable: true, name: FIELDS[action.target ?? ''] });
      const fields = Object.entries(FIELDS).map(([ref, name]) => ({
        name,
        label: name,
        type: 'text',
        valueDigest: digestOf(values.get(ref) ?? ''),
      }));
      return TargetFacts.parse({
        ...base,
        name: ORDER_BUTTON,
        role: 'button',
        submits: true,
        form: { method: 'post', action: `${SHOP}/order`, hasPassword: false, fields },
      });
    },
    act: async (action) => {
      await process.cross();
      mayLose();
      assertThere();
      const outcome = await perform(action);
      await process.cross();
      mayLose();
      if (lost.signal.aborted)
        return { status: 'failed', code: 'browser_lost', acted: true, message: 'simulated loss' };
      return outcome;
    },
    lookUp: async () => {
      await process.cross();
      assertThere();
      return shop.lookUp();
    },
    saveState: async () => {
      await process.cross();
      assertThere();
      return { storage: {}, url: `${SHOP}/` };
    },
    close: async () => undefined,
  };
}
