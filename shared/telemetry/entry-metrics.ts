import type { Attributes as Labels, Meter } from '@opentelemetry/api';

import type { RunStatus } from '../contracts/run.ts';
import type { CommittedEntry, ModelUse } from './telemetry.ts';

/** Instruments by OpenTelemetry's conventions: names with dots, UCUM units. */
export class EntryMetrics {
  readonly #counters;
  readonly #stepSeconds;
  readonly #runSeconds;
  #open: Partial<Record<RunStatus, number>> = {};

  constructor(meter: Meter) {
    const counter = (name: string, unit: string, description: string) =>
      meter.createCounter(name, { unit, description });
    this.#counters = {
      ended: counter('rodex.runs.ended', '{run}', 'runs that ended, by status and code'),
      accepted: counter('rodex.runs.accepted', '{run}', 'runs that were accepted'),
      refusals: counter('rodex.refusals', '{refusal}', 'steps that were refused, by code'),
      takeovers: counter('rodex.lease.takeovers', '{takeover}', 'runs taken from a lost executor'),
      uncertain: counter('rodex.steps.uncertain', '{step}', 'steps whose outcome was not known'),
      tokens: counter('rodex.model.tokens', '{token}', 'tokens of the model, by kind'),
      cost: counter('rodex.model.cost', 'uUSD', 'micro-USD by the price table'),
    };
    const seconds = (name: string, description: string) =>
      meter.createHistogram(name, { unit: 's', description });
    this.#stepSeconds = seconds('rodex.step.duration', 'time of a step in the browser');
    this.#runSeconds = seconds('rodex.run.duration', 'from acceptance to end, people included');
    meter
      .createObservableGauge('rodex.runs.open', {
        unit: '{run}',
        description: 'runs that have not ended, by status, at the last sweep',
      })
      .addCallback((result) => {
        for (const [status, count] of Object.entries(this.#open)) result.observe(count, { status });
      });
  }

  openRuns(byStatus: Partial<Record<RunStatus, number>>): void {
    const zero = Object.fromEntries(Object.keys(this.#open).map((status) => [status, 0]));
    this.#open = { ...zero, ...byStatus };
  }

  modelUsed({ model, microUsd, ...tokens }: ModelUse): void {
    for (const [kind, count] of Object.entries(tokens))
      if (count > 0) this.#counters.tokens.add(count, { model, kind });
    if (microUsd > 0) this.#counters.cost.add(microUsd, { model });
  }

  read({ before, run, entry: { event, at } }: CommittedEntry): void {
    const tenant = run.tenantId;
    switch (event.type) {
      case 'run.created':
        this.#counters.accepted.add(1, { tenant });
        break;
      case 'run.ended': {
        const labels: Labels = { tenant, status: event.status, code: event.error?.code ?? 'none' };
        this.#counters.ended.add(1, labels);
        const seconds = (Date.parse(at) - Date.parse(run.createdAt)) / 1_000;
        this.#runSeconds.record(seconds, { tenant, status: event.status });
        break;
      }
      case 'step.ended': {
        const ms = Object.values(event.outcome.ms).reduce((sum, part) => sum + part, 0);
        const effect = before?.openIntent?.effect ?? 'read';
        this.#stepSeconds.record(ms / 1_000, { effect, status: event.outcome.status });
        break;
      }
      case 'step.refused':
        this.#counters.refusals.add(1, { tenant, code: event.error.code });
        break;
      case 'step.uncertain':
        this.#counters.uncertain.add(1, { tenant });
        break;
      case 'lease.taken':
        if (event.takeover) this.#counters.takeovers.add(1, { tenant });
        break;
      default:
        break;
    }
  }
}
