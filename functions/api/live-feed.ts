import type { LiveEvent } from '../../shared/contracts/live-event.ts';

type Thought = Extract<LiveEvent, { type: 'thought' }>;

/** Thoughts of runs that somebody watches, within one process. What nobody watches is dropped. */
export class LiveFeed {
  readonly #watchers = new Map<string, Set<(thought: Thought) => void>>();

  publish(thought: Thought): void {
    for (const watcher of this.#watchers.get(thought.runId) ?? []) watcher(thought);
  }

  watch(runId: string, onThought: (thought: Thought) => void): () => void {
    const watchers = this.#watchers.get(runId) ?? new Set();
    watchers.add(onThought);
    this.#watchers.set(runId, watchers);
    return () => {
      watchers.delete(onThought);
      if (watchers.size === 0) this.#watchers.delete(runId);
    };
  }
}
