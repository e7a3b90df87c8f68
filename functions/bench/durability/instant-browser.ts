import { TargetFacts } from '../../../shared/contracts/effect.ts';
import { digestOf } from '../../../shared/core/digest.ts';
import type { BrowserPool, BrowserSession } from '../../executor/browser-session.ts';

/** Browsers without a browser: what is left of a step is what the platform itself costs. Each act takes `actMs`. */
export function instantBrowsers(origin: string, actMs = 0): BrowserPool {
  return { open: async () => session(origin, actMs), close: async () => undefined };
}

function session(origin: string, actMs: number): BrowserSession {
  const lost = new AbortController();
  const at = { url: `${origin}/`, title: 'Nothing', documentId: 'd1', tabId: 't1' };
  const text = `url: ${at.url}\ntitle: ${at.title}\nview: 1280x720 at 0,0 of 1280x720\n---\n# Nothing\n`;
  return {
    version: 'instant',
    sandboxed: true,
    lost: lost.signal,
    page: () => ({ ...at, dialog: undefined }),
    observe: async () => ({
      schemaVersion: 1,
      grammar: 'rodex-observation/1',
      kind: 'full',
      text,
      digest: digestOf(text),
      ...at,
      refs: 0,
      truncated: false,
      ms: 0,
    }),
    inspect: async () =>
      TargetFacts.parse({ frameOrigin: origin, url: at.url, documentId: at.documentId }),
    act: async () => {
      if (actMs > 0) await new Promise((resolve) => setTimeout(resolve, actMs));
      return { status: 'done', acted: true };
    },
    picture: async () => new Uint8Array(),
    lookUp: async () => ({ text: '', signIn: false }),
    byHand: async () => undefined,
    asksForPassword: async () => false,
    saveState: async () => ({ storage: {}, url: at.url, signIn: false }),
    close: async () => undefined,
  };
}
