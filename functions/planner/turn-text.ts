import { createHash } from 'node:crypto';

import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import type { Outcome } from '../../shared/contracts/outcome.ts';
import type { ProposedStep, StoredObservation, Turn } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';

/**
 * The prompt protocol `rodex-turn/1` (docs/architecture/planning.md): lines that a model reads and the offline planner parses. JSON on
 * a line of its own can hold no line break, so nothing in it can begin a line; what pages said stands between nonces.
 */
export const DATA_LIMIT = 4_000;

/** One line, whatever it holds: line separators of Unicode would break lines for some readers. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** What the planner knows of a run from the start. Secrets by name only; the store of runs never holds their values. */
export function runLine(run: Run): string {
  const { contract } = run;
  return `run ${jsonLine({
    runId: run.runId,
    goal: run.goal,
    ...(run.url !== undefined && { startUrl: run.url }),
    inputs: run.inputs,
    secrets: contract.secrets,
    navigate: contract.navigate,
    level: contract.level,
    commitsWithoutApproval: contract.commits.map((commit) => commit.name),
    ...(contract.outputSchema && { outputSchema: contract.outputSchema }),
  })}`;
}

interface OutcomeLine {
  readonly step: string;
  readonly action?: string | undefined;
  readonly status: string;
  readonly [detail: string]: unknown;
}

/** What a model asked for by itself. */
const ASKED: ReadonlySet<string> = new Set(['input', 'secret', 'take-over']);

const outcomeLine = (outcome: OutcomeLine): string => `outcome ${jsonLine(outcome)}`;

function endedDetails(outcome: Outcome): Record<string, unknown> {
  return {
    ...(outcome.code !== undefined && { code: outcome.code }),
    ...(outcome.message !== undefined && { message: outcome.message.slice(0, 500) }),
    ...(outcome.acted && outcome.status !== 'done' && { acted: true }),
    ...(Object.keys(outcome.changed).length > 0 && { changed: outcome.changed }),
    ...(outcome.artifacts.length > 0 && {
      artifacts: outcome.artifacts.map(({ name, mediaType, bytes }) => ({
        name,
        mediaType,
        bytes,
      })),
    }),
  };
}

function dataLine(step: string, data: unknown): string {
  const text = jsonLine(data);
  if (text.length <= DATA_LIMIT) return `data ${step} ${text}`;
  return `data ${step} truncated to ${DATA_LIMIT} of ${text.length} characters; the whole is {"$step":"${step}"}: ${text.slice(0, DATA_LIMIT)}`;
}

export interface Segment {
  readonly trusted: readonly string[];
  readonly data: readonly string[];
}

/** What happened between two turns, from the run's log entries in that span and the steps that were proposed. */
export function segmentOf(
  entries: readonly LogEntry[],
  proposed: readonly ProposedStep[],
): Segment {
  const trusted: string[] = [];
  const data: string[] = [];
  const settled = new Set<string>();
  const effects = new Map<string, string>();
  const questions = new Map<string, string | undefined>();
  const namesAsked = new Map<string, string>();
  const actions = new Map(proposed.map((step) => [step.stepId, step.action?.action]));

  for (const { event } of entries) {
    switch (event.type) {
      case 'step.intent':
        effects.set(event.stepId, event.decision.effect);
        actions.set(event.stepId, event.action.action);
        break;
      case 'step.ended':
        settled.add(event.stepId);
        trusted.push(
          outcomeLine({
            step: event.stepId,
            action: actions.get(event.stepId),
            status: event.outcome.status,
            effect: effects.get(event.stepId),
            ...endedDetails(event.outcome),
          }),
        );
        if (event.outcome.data !== undefined) data.push(dataLine(event.stepId, event.outcome.data));
        break;
      case 'step.refused':
        settled.add(event.stepId);
        trusted.push(
          outcomeLine({
            step: event.stepId,
            action: event.action?.action ?? actions.get(event.stepId),
            status: 'refused',
            effect: event.decision?.effect,
            code: event.error.code,
            message: event.error.message.slice(0, 2_000),
          }),
        );
        break;
      case 'step.uncertain':
        settled.add(event.stepId);
        trusted.push(
          outcomeLine({
            step: event.stepId,
            action: actions.get(event.stepId),
            status: 'uncertain',
            effect: effects.get(event.stepId),
            message: event.reason,
          }),
        );
        break;
      case 'step.resolved':
        settled.add(event.stepId);
        trusted.push(
          outcomeLine({
            step: event.stepId,
            action: actions.get(event.stepId),
            status: `resolved-${event.verdict}`,
            effect: effects.get(event.stepId),
            message: event.detail,
          }),
        );
        break;
      case 'human.requested':
        questions.set(event.request.requestId, event.request.stepId);
        if (typeof event.request.facts['secret'] === 'string')
          namesAsked.set(event.request.requestId, event.request.facts['secret']);
        break;
      case 'human.answered': {
        const step = event.stepId ?? questions.get(event.requestId);
        if (step !== undefined && ASKED.has(event.kind)) {
          settled.add(step);
          trusted.push(outcomeLine({ step, action: 'ask', status: 'done' }));
        }
        const secret = namesAsked.get(event.requestId);
        const type = secret === undefined ? undefined : `{{secret.${secret}}}`;
        trusted.push(`answer ${jsonLine({ step, kind: event.kind, answer: event.answer, type })}`);
        break;
      }
      default:
        break;
    }
  }
  for (const step of proposed) {
    if (settled.has(step.stepId)) continue;
    trusted.push(
      outcomeLine(
        step.invalid
          ? {
              step: step.stepId,
              status: 'invalid',
              code: 'model_invalid_plan',
              message: step.invalid.message,
            }
          : { step: step.stepId, action: step.action?.action, status: 'dropped' },
      ),
    );
  }
  return { trusted, data };
}

/** Unguessable for the page, yet the same each time that the prompt is rebuilt: the page would have to contain a hash of itself. */
function nonceOf(runId: string, planEpoch: number, text: string): string {
  return createHash('sha256')
    .update(JSON.stringify([runId, planEpoch, text]))
    .digest('hex')
    .slice(0, 24);
}

export interface TurnMessage {
  readonly run: Run;
  readonly turn: Turn;
  readonly segment: Segment;
  readonly observation: StoredObservation | undefined;
  /** Left out of a long conversation; a line says so. */
  readonly compacted: boolean;
}

export function turnText({ run, turn, segment, observation, compacted }: TurnMessage): string {
  const notices = turn.notices.map((notice) => `notice ${jsonLine(notice)}`);
  const seen =
    compacted || !observation
      ? `observation ${observation && compacted ? `left out (${observation.text.length} characters)` : 'missing'}`
      : `observation ${observation.kind}\n${observation.text.replace(/\n?$/, '')}`;
  const untrusted = [...segment.data, seen].join('\n');
  const nonce = nonceOf(run.runId, turn.planEpoch, untrusted);
  return [
    `turn ${turn.planEpoch}`,
    ...segment.trusted,
    ...notices,
    `untrusted ${nonce}`,
    untrusted,
    `end ${nonce}`,
    '',
  ].join('\n');
}
