import type { LogEventOf } from '../contracts/log-entry.ts';
import type { Attributes, CommittedEntry, SpanRecord } from './telemetry.ts';

/** Begun and not ended, by run and key: bounded, since the end of some is committed by another process, or never. */
const MAX_OPEN = 10_000;

const turnKey = (planEpoch: number): readonly string[] => ['turn', String(planEpoch)];
const stepKey = (stepId: string): readonly string[] => ['step', stepId];
/** Steps with index 0 open the first document, or one again after a takeover: between turns. */
const turnOf = (stepId: string): readonly string[] => {
  const [planEpoch, index] = stepId.split('-');
  return index === '0' ? [] : turnKey(Number(planEpoch));
};

/** The run's log as spans: run, ownership, turn, step, what a step waited for in the browser, waits for people. */
export class EntrySpans {
  readonly #open = new Map<string, { atMs: number; attributes: Attributes }>();

  #begin(runId: string, key: readonly string[], atMs: number, attributes: Attributes = {}): void {
    this.#open.set(JSON.stringify([runId, ...key]), { atMs, attributes });
    const oldest = this.#open.size > MAX_OPEN ? this.#open.keys().next() : undefined;
    if (oldest?.done === false) this.#open.delete(oldest.value);
  }

  #end(
    span: Omit<SpanRecord, 'startMs' | 'attributes'> & { attributes?: Attributes },
    otherwiseMs: number,
  ): SpanRecord {
    const name = JSON.stringify([span.runId, ...span.key]);
    const begun = this.#open.get(name);
    this.#open.delete(name);
    return {
      ...span,
      startMs: begun?.atMs ?? span.endMs - otherwiseMs,
      attributes: { ...begun?.attributes, ...span.attributes },
    };
  }

  /** The spans that end with this entry. */
  read({ before, run, entry }: CommittedEntry): readonly SpanRecord[] {
    const { runId } = run;
    const { event } = entry;
    const atMs = Date.parse(entry.at);
    const here = { runId, endMs: atMs };
    switch (event.type) {
      case 'lease.taken':
        this.#begin(runId, ['lease', String(event.leaseEpoch)], atMs, {
          'rodex.lease.takeover': event.takeover,
        });
        return [];
      case 'lease.released': {
        const key = ['lease', String(event.leaseEpoch)];
        const attributes = { 'rodex.lease.released': event.reason };
        return [this.#end({ ...here, name: 'ownership', key, attributes }, 0)];
      }
      case 'turn.opened':
        this.#begin(runId, turnKey(event.planEpoch), atMs, {
          'rodex.observation.chars': event.observation.chars,
          'rodex.observation.ms': event.observation.ms,
        });
        return [];
      case 'turn.closed':
        return [this.#turn(here, event)];
      case 'step.intent':
        this.#begin(runId, stepKey(event.stepId), atMs, {
          'rodex.action': event.action.action,
          'rodex.effect': event.decision.effect,
        });
        return [];
      case 'step.ended':
        return this.#step(here, event);
      case 'step.uncertain':
        return [
          this.#end(
            {
              ...here,
              name: 'step',
              key: stepKey(event.stepId),
              parent: turnOf(event.stepId),
              error: 'uncertain',
            },
            0,
          ),
        ];
      case 'step.refused':
        return [
          {
            ...here,
            name: 'step refused',
            key: ['refused', String(entry.seq)],
            parent: turnOf(event.stepId),
            startMs: atMs,
            attributes: { ...(event.action && { 'rodex.action': event.action.action }) },
            error: event.error.code,
          },
        ];
      case 'human.answered':
      case 'human.expired': {
        const asked = before?.waitingFor;
        if (!asked) return [];
        return [
          {
            ...here,
            name: `wait for a person: ${asked.kind}`,
            key: ['person', asked.requestId],
            startMs: Date.parse(asked.askedAt),
            attributes: { 'rodex.answered': event.type === 'human.answered' },
          },
        ];
      }
      case 'run.ended':
        return [
          {
            ...here,
            name: 'run',
            key: [],
            parent: undefined,
            startMs: Date.parse(run.createdAt),
            attributes: {
              'rodex.tenant': run.tenantId,
              'rodex.run': runId,
              'rodex.status': event.status,
              'rodex.steps': run.steps,
              'rodex.turns': run.planEpoch,
            },
            ...(event.error && { error: event.error.code }),
          },
        ];
      default:
        return [];
    }
  }

  #turn(
    here: { runId: string; endMs: number },
    { planEpoch, reason, items, done, ms }: LogEventOf<'turn.closed'>,
  ): SpanRecord {
    const attributes = {
      'rodex.turn.closed': reason,
      'rodex.turn.items': items,
      'rodex.turn.done': done,
    };
    const key = turnKey(planEpoch);
    return this.#end({ ...here, name: `turn ${planEpoch}`, key, attributes }, ms['total'] ?? 0);
  }

  /** The step, and below it where its time went in the browser, one after the other up to its end. */
  #step(
    here: { runId: string; endMs: number },
    { stepId, outcome }: LogEventOf<'step.ended'>,
  ): readonly SpanRecord[] {
    const parts = Object.entries(outcome.ms).filter(([, ms]) => ms > 0);
    const total = parts.reduce((sum, [, ms]) => sum + ms, 0);
    const step = this.#end(
      {
        ...here,
        name: 'step',
        key: stepKey(stepId),
        parent: turnOf(stepId),
        attributes: { 'rodex.step': stepId, 'rodex.outcome': outcome.status },
        ...(outcome.status !== 'done' && { error: outcome.code ?? outcome.status }),
      },
      total,
    );
    let atMs = Math.max(step.startMs, step.endMs - total);
    const waits = parts.map(([part, ms]): SpanRecord => {
      const startMs = atMs;
      atMs = Math.min(step.endMs, startMs + ms);
      return {
        runId: here.runId,
        name: `browser ${part}`,
        key: ['browser', stepId, part],
        parent: stepKey(stepId),
        startMs,
        endMs: atMs,
        attributes: {},
      };
    });
    return [...waits, step];
  }
}
