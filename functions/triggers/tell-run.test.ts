import { CloudEvent } from 'cloudevents';
import { beforeEach, describe, expect, it } from 'vitest';

import { outboxPath } from '../../shared/contracts/paths.ts';
import { RunEvent } from '../../shared/contracts/run-event.ts';
import type { WebhookDelivery } from '../../shared/contracts/webhook.ts';
import { readRunLog } from '../../shared/journal/run-log.ts';
import { applyEntry } from '../../shared/runs/run-machine.ts';
import { eventOf } from '../../shared/runs/run-events.ts';
import type { Run } from '../../shared/contracts/run.ts';
import {
  Killed,
  PLAYED,
  RUN,
  triggersWorld,
  type TriggersWorld,
} from './__fixtures__/triggers-world.ts';
import { tellRun, type TellDeps } from './tell-run.ts';

let world: TriggersWorld;
beforeEach(() => {
  world = triggersWorld();
});

const told = (): RunEvent[] => world.sent.map(({ body }) => RunEvent.parse(JSON.parse(body)));
/** What a reader has who knows that events may come twice: by source and id, in the order of the log. */
const deduplicated = (events: readonly RunEvent[]): RunEvent[] =>
  [...new Map(events.map((event) => [`${event.source} ${event.id}`, event])).values()].toSorted(
    (one, two) => one.data.seq - two.data.seq,
  );
const typesOf = (events: readonly RunEvent[]): string[] => events.map(({ type }) => type);

/** The events that the run's log stands for, from the log alone. */
async function fromLog(): Promise<RunEvent[]> {
  let run: Run | undefined;
  const events: RunEvent[] = [];
  for (const entry of await readRunLog(world.deps, 'acme', RUN)) {
    const after = applyEntry(run, entry);
    const event = eventOf(run, after, entry);
    if (event) events.push(event);
    run = after;
  }
  return events;
}

interface Mortal {
  readonly deps: TellDeps;
  readonly calls: () => number;
}

/** Dies at its n-th call, before or after it took effect; undefined: lives. What is dead answers nothing any more. */
function mortal(dieAt?: number, after = false): Mortal {
  let calls = 0;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (dieAt === undefined || calls < dieAt) return work();
    if (calls === dieAt && after) await work();
    throw new Killed();
  };
  const { store, deps } = world;
  return {
    calls: () => calls,
    deps: {
      ...deps,
      bus: {
        send: async (letter) => call(async () => deps.bus.send(letter)),
        publish: async (message) => call(async () => deps.bus.publish(message)),
      },
      store: {
        get: async (path) => call(async () => store.get(path)),
        query: async (query) => call(async () => store.query(query)),
        commit: async (writes) => call(async () => store.commit(writes)),
        watch: (prefix, onChange) => store.watch(prefix, onChange),
        close: async () => undefined,
      },
    },
  };
}
const tellAll = async (): Promise<number> => tellRun(mortal().deps, 'acme', RUN);

describe('what a run tells others', () => {
  it('follows from its log, in order, once when nothing goes wrong', async () => {
    await world.played('acme');
    expect(await tellAll()).toBe(PLAYED.length);
    expect(typesOf(told())).toEqual(PLAYED);
    expect(told()).toEqual(await fromLog());
    expect(await tellAll()).toBe(0);
    expect(world.published.filter(({ type }) => type === 'run.changed')).toHaveLength(6);
  });

  it('is what the CloudEvents SDK takes, with attributes to filter by', async () => {
    await world.played('acme');
    await tellAll();
    for (const { body, attributes, topic } of world.sent) {
      const event = JSON.parse(body) as Record<string, unknown>;
      expect(new CloudEvent(event).validate()).toBe(true);
      expect(topic).toBe('rodex-events');
      expect(attributes).toEqual({
        'content-type': 'application/cloudevents+json',
        type: event['type'],
        tenantId: 'acme',
        runId: RUN,
      });
    }
    expect(() => new CloudEvent({ type: 'x' }).validate()).toThrow();
  });

  it('holds nothing of the goal, its inputs, labels, results or pages', async () => {
    await world.played('acme');
    const outbox = await world.store.query({ collection: outboxPath('acme', RUN) });
    expect(outbox).toHaveLength(PLAYED.length);
    await tellAll();
    const all = JSON.stringify([outbox, world.sent]);
    for (const secret of ['nobody else may read', 'DE00', 'case-7', 'text of a page'])
      expect(all).not.toContain(secret);
    expect(told()[2]?.data.request).toEqual({
      requestId: 'ask_1',
      kind: 'approval',
      expiresAt: '2036-11-27T07:00:00.000Z',
    });
  });

  it('loses nothing wherever it is killed; a reader that knows duplicates has each once', async () => {
    let kills = 0;
    let repeated = 0;
    for (const after of [false, true])
      for (let dieAt = 1; ; dieAt += 1) {
        world = triggersWorld();
        const { webhookId } = await world.webhook('acme');
        await world.webhook('acme', { events: ['rodex.run.failed'] });
        await world.webhook('acme', { enabled: false });
        await world.webhook('globex');
        await world.played('acme');
        const victim = mortal(dieAt, after);
        await tellRun(victim.deps, 'acme', RUN).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
        if (victim.calls() < dieAt) break;
        kills += 1;
        await tellAll();
        expect(deduplicated(told())).toEqual(await fromLog());
        if (told().length > PLAYED.length) repeated += 1;
        // Each event is due at the one webhook that wants it, once.
        const made = await world.store.query<WebhookDelivery>({
          collection: 'webhookDeliveries',
          group: true,
        });
        expect(made.map(({ data }) => data.webhookId)).toEqual(PLAYED.map(() => webhookId));
        expect(new Set(made.map(({ data }) => data.event.id)).size).toBe(PLAYED.length);
      }
    // Two queries, and for each event a send, a strike and an announcement; both before and after it took effect.
    expect(kills).toBe(2 * (2 + 3 * PLAYED.length));
    // The control: kills between the two did make it tell twice.
    expect(repeated).toBe(2 * PLAYED.length);
  });

  it('the mutant that strikes off first loses what the kill came between', async () => {
    await world.played('acme');
    const waiting = await world.store.query({ collection: outboxPath('acme', RUN) });
    for (const { path, version } of waiting.slice(0, 1))
      await world.store.commit([{ op: 'delete', path, ifVersion: version }]);
    await tellAll();
    expect(deduplicated(told())).not.toEqual(await fromLog());
  });

  it('may be told by two at once', async () => {
    await world.played('acme');
    await Promise.all([tellAll(), tellAll()]);
    expect(typesOf(deduplicated(told()))).toEqual(PLAYED);
    expect(await world.store.query({ collection: outboxPath('acme', RUN) })).toEqual([]);
  });
});
