import type { Page } from 'playwright-core';

import type { GroundTruth } from '../ground-truth.ts';

/** Somebody else's hands and eyes on a browser of their own, started from the same Chromium. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  /** The peer's page as the bench sees it, through a connection of its own. */
  readonly page: Page;
  /** The text that the peer gives a model, whole. */
  snapshot(): Promise<string>;
  /** Marks of the elements that the refs of the last text stand for. */
  marked(text: string, truth: GroundTruth): Promise<readonly string[]>;
  /** One step each, as a model would ask for it. */
  navigate(url: string): Promise<void>;
  type(ref: string, text: string): Promise<void>;
  select(ref: string, value: string): Promise<void>;
  check(ref: string): Promise<void>;
  click(ref: string): Promise<void>;
  waitForText(text: string): Promise<void>;
  close(): Promise<void>;
}

/** What starts the one Chromium of a bench. */
export interface PeerBrowser {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: boolean;
}

/** Marks of elements that Playwright gave a ref and that a text shows. */
export async function markedByPlaywright(text: string, truth: GroundTruth): Promise<string[]> {
  const lists = await truth.inWorlds<[string, string][]>(
    /playwright_utility/,
    `(() => { const out = []; const walk = (root) => { for (const e of root.querySelectorAll('*')) { if (e._ariaRef) out.push([e._ariaRef.ref, e.getAttribute('data-nid')]); if (e.shadowRoot) walk(e.shadowRoot); } }; walk(document); return out; })()`,
  );
  const shown = new Set(Array.from(text.matchAll(/\[ref=(\w+)\]/g), (match) => match[1]));
  return lists.flat().flatMap(([ref, id]) => (shown.has(ref) ? [id] : []));
}
