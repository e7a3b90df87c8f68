import { digestOf } from '../../../shared/core/digest.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { BrowserPool, BrowserSession } from '../../executor/browser-session.ts';
import { SHOP, SimulatedPage, type Opened } from './shop.ts';

/** Browsers of one process on that shop: a sign-in, a form of three fields and a button; each act takes time, and may lose the browser. */
export function simulatedBrowsers(at: Opened): BrowserPool {
  const { shop, process, faults } = at;
  return {
    open: async (host, options) => {
      await process.cross('open a browser');
      if (!process.calm && faults.forgets > 0 && process.simulation.random() < faults.forgets) {
        process.counters.faults['session-over'] += 1;
        shop.sessions.clear();
      }
      const storage = options?.state?.storage as { session?: string } | undefined;
      return sessionOf(new SimulatedPage(at, host, storage?.session));
    },
    close: async () => undefined,
  };
}

function sessionOf(page: SimulatedPage): BrowserSession {
  return {
    version: 'simulated',
    sandboxed: true,
    lost: page.lost.signal,
    page: () => ({
      url: page.url,
      title: page.page,
      documentId: page.documentId,
      tabId: 't1',
      dialog: undefined,
    }),
    picture: async () => undefined,
    observe: async () => {
      await page.cross('observe');
      const text = page.text();
      return {
        schemaVersion: 1,
        grammar: 'rodex-observation/1',
        kind: 'full',
        text,
        digest: digestOf(text),
        url: page.url,
        title: page.page,
        documentId: page.documentId,
        tabId: 't1',
        refs: 4,
        truncated: false,
        ms: 1,
      };
    },
    inspect: async (action) => {
      await page.cross('inspect');
      return page.facts(action);
    },
    act: async (action) => {
      await page.cross(`act: ${action.action}`);
      if (page.mayLose()) throw new AppError('browser_lost', 'simulated loss');
      const outcome = await page.perform(action);
      await page.cross('act: outcome').catch(() => undefined);
      if (page.mayLose())
        return { status: 'failed', code: 'browser_lost', acted: true, message: 'simulated loss' };
      return outcome;
    },
    lookUp: async (url) => {
      await page.cross('look up');
      return url.endsWith('/orders')
        ? page.lookUp()
        : { text: page.home(), signIn: page.home() === 'sign-in' };
    },
    byHand: async () => undefined,
    asksForPassword: async () => {
      await page.cross('read whether it asks for a password');
      return page.page === 'sign-in';
    },
    saveState: async () => {
      await page.cross('read the browser state');
      return { storage: page.state, url: `${SHOP}/`, signIn: page.page === 'sign-in' };
    },
    close: async () => undefined,
  };
}
