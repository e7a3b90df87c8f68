import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { logPath, observationPath, runPath } from '../../shared/contracts/paths.ts';
import type { ProposedStep, StoredObservation, Turn } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import type { GeminiContent, PlanRequest, RawPart } from './gemini/planning-event.ts';
import { functionResponses } from './function-responses.ts';
import { toWireItem } from './gemini/wire-step.ts';
import { SYSTEM_INSTRUCTION } from './system-instruction.ts';
import { runLine, segmentOf, turnText } from './turn-text.ts';

export interface PromptHistory {
  readonly run: Run;
  /** All turns up to and with the one to be planned, by planEpoch. */
  readonly turns: readonly Turn[];
  readonly steps: readonly ProposedStep[];
  readonly log: readonly LogEntry[];
  /** By number; one of the same number as the turn that it was taken for. */
  readonly observations: ReadonlyMap<number, StoredObservation>;
}

export interface PromptOptions {
  /** Characters of conversation after which earlier observations are left out, once (about four make a token). */
  readonly compactAfterChars?: number;
}

/** Entries between the opening of each turn and the next: what became of its steps. Keyed by the turn that reads of it. */
function segments(history: PromptHistory): Map<number, LogEntry[]> {
  const spans = new Map<number, LogEntry[]>();
  let span: LogEntry[] = [];
  for (const entry of history.log) {
    if (entry.event.type === 'turn.opened') {
      spans.set(entry.event.planEpoch, span);
      span = [];
    } else span.push(entry);
  }
  return spans;
}

/** The plan of an earlier turn as the model said it; rebuilt from its steps when the executor closed the turn first. */
function modelParts(turn: Turn, steps: readonly ProposedStep[]): readonly RawPart[] {
  if (turn.parts.length > 0) return turn.parts;
  const items = steps.map((step) =>
    step.action ? toWireItem(step.action) : { invalid: step.invalid?.received ?? '' },
  );
  return [{ text: JSON.stringify({ steps: items }) }];
}

/**
 * The conversation, rebuilt from the store: it only grows at its end, so that the service can cache what repeats. When it exceeds the
 * limit, observations before the last full one are left out, which moves the cached prefix once and not in every turn.
 */
export function buildPrompt(history: PromptHistory, options: PromptOptions = {}): PlanRequest {
  const { compactAfterChars = 120_000 } = options;
  const spans = segments(history);
  const stepsOf = (planEpoch: number): ProposedStep[] =>
    history.steps
      .filter((step) => step.planEpoch === planEpoch)
      .toSorted((a, b) => a.index - b.index);

  const render = (turn: Turn, compacted: boolean): string => {
    const segment = segmentOf(spans.get(turn.planEpoch) ?? [], stepsOf(turn.planEpoch - 1));
    const observation = history.observations.get(turn.observation);
    return turnText({ run: history.run, turn, segment, observation, compacted });
  };

  let keepFrom = 0;
  let lastFull = 0;
  let chars = 0;
  for (const [index, turn] of history.turns.entries()) {
    if (history.observations.get(turn.observation)?.kind !== 'diff') lastFull = index;
    chars += render(turn, false).length;
    if (chars <= compactAfterChars || lastFull <= keepFrom) continue;
    keepFrom = lastFull;
    chars = history.turns
      .slice(keepFrom, index + 1)
      .reduce((sum, kept) => sum + render(kept, false).length, 0);
  }

  const contents: GeminiContent[] = [];
  const entries = history.log.map(({ event }) => event);
  for (const [index, turn] of history.turns.entries()) {
    const previous = history.turns[index - 1];
    if (previous)
      contents.push({ role: 'model', parts: modelParts(previous, stepsOf(previous.planEpoch)) });
    const text = render(turn, index < keepFrom);
    const seen = history.observations.get(turn.observation);
    const responses = previous ? functionResponses(previous, entries, seen?.url ?? '') : [];
    contents.push({
      role: 'user',
      parts: [...responses, { text: index === 0 ? `${runLine(history.run)}\n${text}` : text }],
    });
  }
  return { systemInstruction: SYSTEM_INSTRUCTION, contents };
}

async function all<T>(store: StateStore, collection: string): Promise<T[]> {
  const found: T[] = [];
  for (let startAfter: string | undefined; ;) {
    const page = await store.query<T>({
      collection,
      limit: 500,
      ...(startAfter !== undefined && { startAfter }),
    });
    found.push(...page.map((document) => document.data));
    const last = page.at(-1);
    if (!last || page.length < 500) return found;
    startAfter = last.path;
  }
}

/** Reads what the prompt of `planEpoch` is made of. */
export async function readHistory(
  store: StateStore,
  run: Run,
  planEpoch: number,
): Promise<PromptHistory> {
  const { tenantId, runId } = run;
  const base = runPath(tenantId, runId);
  const [turns, steps, log] = await Promise.all([
    all<Turn>(store, `${base}/turns`),
    all<ProposedStep>(store, `${base}/steps`),
    all<LogEntry>(store, logPath(tenantId, runId)),
  ]);
  const upTo = turns
    .filter((turn) => turn.planEpoch <= planEpoch)
    .toSorted((a, b) => a.planEpoch - b.planEpoch);
  const documents = await Promise.all(
    upTo.map((turn) =>
      store.get<StoredObservation>(observationPath(tenantId, runId, turn.observation)),
    ),
  );
  const observations = new Map(
    documents.flatMap((document) =>
      document ? [[document.data.number, document.data] as const] : [],
    ),
  );
  return { run, turns: upTo, steps, log: log.toSorted((a, b) => a.seq - b.seq), observations };
}
