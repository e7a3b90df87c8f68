import type { Action } from '../../../shared/contracts/action.ts';
import { TargetFacts } from '../../../shared/contracts/effect.ts';
import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import { digestOf } from '../../../shared/core/digest.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { commitDigestOf } from '../../../shared/policy/decide-step.ts';
import type { SessionHost } from '../../executor/browser-session.ts';
import type { SimulatedProcess } from './process.ts';

export const SHOP = 'https://shop.example';
export const ORDER_BUTTON = 'Place order';
/** What the order is known by; only its tenant's documents may hold it. */
export const REFERENCE = 'REF-1';
export const SECRET = 'shop-password';
export const SECRET_VALUE = 'correct-horse-battery';
export const FIELDS: Readonly<Record<string, string>> = {
  e1: 'Item',
  e2: 'Quantity',
  e3: 'Reference',
};

export interface Order {
  readonly reference: string;
  readonly quantity: string;
  readonly at: number;
}

/** The shop's server: what reached it, and nothing else, is the truth. */
export class Shop {
  readonly orders: Order[] = [];
  /** Buyers must log in; without it everybody is one. */
  readonly needsSignIn: boolean;
  /** Sessions that the shop still knows. */
  readonly sessions = new Set<string>();
  /** What the form held whose digest a person was asked about. */
  readonly quantities = new Map<string, string>();

  constructor(needsSignIn: boolean) {
    this.needsSignIn = needsSignIn;
  }

  isBuyer(session: string | undefined): boolean {
    return !this.needsSignIn || (session !== undefined && this.sessions.has(session));
  }

  /** A guest's list of orders is empty, which says nothing about a buyer's. */
  lookUp(session: string | undefined): string {
    return this.orders.length === 0 || !this.isBuyer(session)
      ? 'No orders'
      : `Orders: ${this.orders.map((order) => order.reference).join(', ')}`;
  }
}

export interface BrowserFaults {
  /** Chance that an act loses its browser. */
  readonly loss: number;
  /** Chance that the shop forgets its sessions when a browser is opened. */
  readonly forgets: number;
}

export interface Opened {
  readonly shop: Shop;
  readonly process: SimulatedProcess;
  readonly faults: BrowserFaults;
  readonly runId: string;
  readonly facts: ((facts: TargetFacts) => TargetFacts) | undefined;
}

export class SimulatedPage {
  readonly lost = new AbortController();
  readonly #at: Opened;
  readonly #host: SessionHost;
  readonly #values = new Map<string, string>();
  readonly #id: string;
  #session: string | undefined;
  #password = '';
  #pages = 0;
  page = 'blank';

  constructor(at: Opened, host: SessionHost, session: string | undefined) {
    this.#at = at;
    this.#host = host;
    this.#session = session;
    this.#id = `d${at.process.simulation.random()}`;
  }

  get url(): string {
    return `${SHOP}/${this.page}`;
  }

  get documentId(): string {
    return `${this.#id}-${this.#pages}`;
  }

  get state(): { session?: string } {
    return this.#session === undefined ? {} : { session: this.#session };
  }

  /** Crosses into the browser; throws when it is gone. */
  async cross(what: string): Promise<void> {
    await this.#at.process.cross(what);
    if (this.lost.signal.aborted) throw new AppError('browser_lost', 'simulated loss');
  }

  mayLose(): boolean {
    const { process, faults } = this.#at;
    if (!process.calm && faults.loss > 0 && process.simulation.random() < faults.loss) {
      process.counters.faults.browser += 1;
      this.lost.abort(new AppError('browser_lost', 'simulated loss'));
    }
    return this.lost.signal.aborted;
  }

  lookUp(): { text: string; signIn: boolean } {
    const { shop } = this.#at;
    return { text: shop.lookUp(this.#session), signIn: false };
  }

  /** The home page is the form for buyers, the sign-in for guests. */
  home(): 'form' | 'sign-in' {
    return this.#at.shop.isBuyer(this.#session) ? 'form' : 'sign-in';
  }

  text(): string {
    const unit = (ref: string): string =>
      `[${ref} textbox ${FIELDS[ref]} = ${this.#values.get(ref) ?? ''}]`;
    const body = {
      form: [...Object.keys(FIELDS).map(unit), `[e9 button ${ORDER_BUTTON}]`],
      'sign-in': ['[e7 textbox Password]', '[e8 button Sign in]'],
    }[this.page] ?? [`# ${this.page}`];
    return `url: ${this.url}\ntitle: ${this.page}\nview: 1280x720 at 0,0 of 1280x720\n---\n${body.join('\n')}\n`;
  }

  facts(action: Action): TargetFacts {
    const base = { frameOrigin: SHOP, url: this.url, documentId: this.documentId };
    if (action.action === 'type')
      return TargetFacts.parse({ ...base, editable: true, name: FIELDS[action.target ?? ''] });
    if (action.action !== 'click') return TargetFacts.parse(base);
    if (this.page === 'blank' || this.page === 'thanks')
      throw new AppError('target_stale', 'the form is gone');
    const form = this.page === 'form';
    const plain = TargetFacts.parse({
      ...base,
      name: form ? ORDER_BUTTON : 'Sign in',
      role: 'button',
      submits: true,
      form: {
        method: 'post',
        action: `${SHOP}/${form ? 'order' : 'sign-in'}`,
        hasPassword: !form,
        fields: Object.entries(form ? FIELDS : {}).map(([ref, name]) => ({
          name,
          label: name,
          type: 'text',
          valueDigest: digestOf(this.#values.get(ref) ?? ''),
        })),
      },
    });
    const facts = this.#at.facts?.(plain) ?? plain;
    if (form) this.asked(action, facts);
    return facts;
  }

  /** Remembers what the form held, for the oracle: what a person says yes to is what stood there. */
  asked(action: Action, facts: TargetFacts): void {
    const { shop, runId } = this.#at;
    shop.quantities.set(commitDigestOf(runId, action, facts), this.#values.get('e2') ?? '');
  }

  async perform(action: Action): Promise<OutcomeInput> {
    const host = this.#host;
    const done: OutcomeInput = { status: 'done', acted: true };
    const moved = (): OutcomeInput => ({ ...done, changed: { url: this.url, document: true } });
    if (action.action === 'navigate') {
      host.assertMayShow(`${SHOP}/`);
      this.#show(this.home());
      return moved();
    }
    if (action.action === 'type') {
      if (this.page === 'sign-in' && action.target === 'e7') {
        const into = { frameOrigin: SHOP, ancestorOrigins: [], credentialField: true };
        this.#password = (await host.resolveText(action.text, into)).text;
        return { ...done, usedSecret: true };
      }
      if (this.page !== 'form' || action.target === undefined)
        return { status: 'stale', code: 'target_stale' };
      this.#values.set(action.target, (await host.resolveText(action.text)).text);
      return done;
    }
    if (action.action !== 'click') return { status: 'refused', code: 'action_refused' };
    // The request is held at the last hop that is ours until it may leave.
    if (!host.mayFetch(`${SHOP}/order`))
      return { status: 'failed', code: 'lease_lost', acted: false };
    if (this.page === 'sign-in') return this.#signIn() ? moved() : done;
    if (this.page !== 'form') return { status: 'stale', code: 'target_stale' };
    if (!Object.keys(FIELDS).every((ref) => this.#values.get(ref))) return done;
    const { shop, process } = this.#at;
    if (!shop.isBuyer(this.#session)) {
      this.#show('sign-in');
      return moved();
    }
    const [reference = '', quantity = ''] = [this.#values.get('e3'), this.#values.get('e2')];
    shop.orders.push({ reference, quantity, at: process.simulation.now });
    process.note(`ORDER ${quantity} of ${reference} reaches the shop`);
    this.#show('thanks');
    return moved();
  }

  #signIn(): boolean {
    if (this.#password !== SECRET_VALUE) return false;
    const { shop, process } = this.#at;
    this.#session = `s${process.simulation.random()}`;
    shop.sessions.add(this.#session);
    this.#show('form');
    return true;
  }

  #show(page: string): void {
    this.page = page;
    this.#pages += 1;
    this.#values.clear();
  }
}
