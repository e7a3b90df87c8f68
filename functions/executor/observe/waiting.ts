/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Waiting for what happens in a document. Runs in the isolated world; must not use anything from outside the function. */
export function installWaiting(agent: Agent): void {
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.addEventListener(
        'message',
        () => {
          channel.port1.close();
          resolve();
        },
        { once: true },
      );
      channel.port1.start();
      channel.port2.postMessage(0);
    });
  const frame = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, 60);
      requestAnimationFrame(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  let changes = 0;
  const watched = new WeakSet<Node>();
  const wakers = new Set<() => void>();
  const observer = new MutationObserver((records) => {
    changes += records.length;
    for (const wake of wakers) wake();
  });
  const watch = (): void => {
    const options = { subtree: true, childList: true, attributes: true, characterData: true };
    if (!watched.has(document)) observer.observe(document, options);
    watched.add(document);
  };

  /** Resolves at the next change of the document, or after `maxMs`. */
  agent.changed = (maxMs: number): Promise<void> =>
    new Promise((resolve) => {
      watch();
      const done = (): void => {
        clearTimeout(timer);
        wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, maxMs));
      wakers.add(done);
    });

  /** Text that is still on its way into a field: its arrival is an input event. */
  const arrived = (ask: { name: string; ref: number; changesFrom?: string }): Promise<void> =>
    new Promise((resolve) => {
      const valueOf = agent[ask.name] as (ref: number) => unknown;
      const done = (): void => {
        clearTimeout(timer);
        removeEventListener('input', done, true);
        resolve();
      };
      const timer = setTimeout(done, 150);
      if (!agent.element(ask.ref)?.isConnected || valueOf(ask.ref) !== ask.changesFrom) done();
      else addEventListener('input', done, true);
    });
  /** Resolves when the document stopped changing for a frame; a document that did not change at all is left after two turns. */
  agent.quiet = async (options: {
    frames: number;
    maxMs: number;
    /** Called once the document is quiet, to save a round trip. */
    ask?: { name: string; ref: number; changesFrom?: string };
  }): Promise<{ title: string; value?: unknown }> => {
    const until = performance.now() + options.maxMs;
    watch();
    if (options.ask?.changesFrom !== undefined) await arrived(options.ask);
    let before = changes;
    await turn();
    await turn();
    for (let still = 0, needed = options.frames; still < needed && performance.now() < until;) {
      before = changes;
      await frame();
      still = changes === before ? still + 1 : 0;
      if (changes !== before) needed = Math.max(needed, 1);
    }
    const { ask } = options;
    if (!ask || !agent.element(ask.ref)?.isConnected) return { title: document.title };
    return {
      title: document.title,
      value: (agent[ask.name] as (ref: number) => unknown)(ask.ref),
    };
  };
  /** Resolves true after `ms` without a change, false at the deadline. */
  agent.still = async (ms: number, maxMs: number): Promise<boolean> => {
    const until = performance.now() + maxMs;
    watch();
    for (let since = performance.now(), last = changes; performance.now() < until;) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (changes !== last) [last, since] = [changes, performance.now()];
      else if (performance.now() - since >= ms) return true;
    }
    return false;
  };
  /** Resolves true when the text is shown (or gone), false at the deadline; checked after changes, at most every 50 ms. */
  agent.waitText = async (options: {
    text: string;
    gone: boolean;
    maxMs: number;
    masks: string[];
  }): Promise<boolean> => {
    agent.masks = options.masks;
    const until = performance.now() + options.maxMs;
    watch();
    const shows = agent.shows as (text: string) => boolean;
    for (let last = -1, checked = -Infinity; ;) {
      const now = performance.now();
      if (changes !== last || now - checked > 250) {
        last = changes;
        checked = now;
        if (shows(options.text) !== options.gone) return true;
      }
      if (now >= until) return false;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(50, until - now))));
    }
  };
}
