import type { Action } from '../../../shared/contracts/action.ts';
import { TargetFacts } from '../../../shared/contracts/effect.ts';
import type { TakeOverInput } from '../../../shared/contracts/take-over.ts';
import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import type { ActOptions, BrowserPool, BrowserSession, SessionHost } from '../browser-session.ts';

export interface FakePage {
  facts: (action: Action) => Partial<TargetFacts>;
  act: (action: Action, host: SessionHost, signal?: AbortSignal, gate?: ActOptions['gate'], ended?: ActOptions['ended']) => OutcomeInput | Promise<OutcomeInput>;
  lookUp: (url: string) => string;
  picture: () => Uint8Array | undefined;
  asksForPassword: () => boolean | undefined;
}

/** A browser whose pages are functions; remembers what was done to it. */
export class FakeBrowser implements BrowserPool {
  readonly acts: Action[] = [];
  readonly lookedUp: string[] = [];
  readonly byHand: TakeOverInput[] = [];
  readonly page: FakePage;
  opened = 0;
  closed = 0;
  saved = 0;
  #lose = new AbortController();

  constructor(page: Partial<FakePage> = {}) {
    this.page = { facts: () => ({}), act: () => ({ status: 'done', acted: true }), lookUp: () => '', picture: () => undefined, asksForPassword: () => false, ...page };
  }

  /** Kills the browser of the session that is open. */
  lose(): void {
    this.#lose.abort();
  }

  async open(host: SessionHost): Promise<BrowserSession> {
    this.opened += 1;
    this.#lose = new AbortController();
    const { acts, page } = this;
    const url = 'https://portal.example/';
    return {
      version: '1',
      sandboxed: true,
      lost: this.#lose.signal,
      page: () => ({ url, title: 'Portal', documentId: 'd1', tabId: 't1', dialog: undefined }),
      observe: async () => ({
        schemaVersion: 1,
        grammar: 'rodex-observation/1',
        kind: 'full',
        text: `url: ${url}\n---\n`,
        digest: 'sha256:0',
        url,
        title: 'Portal',
        documentId: 'd1',
        tabId: 't1',
        refs: 0,
        truncated: false,
        ms: 1,
      }),
      picture: async () => page.picture(),
      inspect: async (action) => TargetFacts.parse({ frameOrigin: 'https://portal.example', url, documentId: 'd1', ...page.facts(action) }),
      act: async (action, options) => {
        acts.push(action);
        return page.act(action, host, options?.signal, options?.gate, options?.ended);
      },
      lookUp: async (target) => {
        this.lookedUp.push(target);
        const text = page.lookUp(target);
        return { text, signIn: text === 'Please log in' };
      },
      byHand: async (input) => {
        this.byHand.push(input);
      },
      asksForPassword: async () => page.asksForPassword(),
      saveState: async () => {
        this.saved += 1;
        return { storage: {}, url };
      },
      close: async () => {
        this.closed += 1;
      },
    };
  }

  async close(): Promise<void> {}
}
