import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { runPath } from '../../shared/contracts/paths.ts';
import type { ProposedStep, StoredObservation, Turn } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { readRunLog, type LogReaderDeps } from '../../shared/journal/run-log.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import type { GeminiContent, PlanRequest, RawPart } from './gemini/planning-event.ts';
import { functionResponses } from './function-responses.ts';
import { partsTokens, tokensOf } from './ledger/turn-meter.ts';
import { readPictures } from './pictures.ts';
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
  /** Of the observations whose picture is still part of the conversation. */
  readonly pictures: ReadonlyMap<number, RawPart>;
}

export interface PromptOptions {
  /** Tokens of prompt above which earlier observations are left out, once. */
  readonly compactAfterTokens?: number;
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

/** What the service counted for the request of that turn; undefined where it asked more than once or did not say. */
function countedTokens(turn: Turn | undefined): number | undefined {
  return turn && turn.modelCalls === 1 && turn.usage.prompt > 0 ? turn.usage.prompt : undefined;
}

/**
 * The conversation, rebuilt from the store: it only grows at its end, so that the service can cache what repeats. When it exceeds the
 * limit, observations before the last full one are left out, which moves the cached prefix once and not in every turn.
 */
export function buildPrompt(history: PromptHistory, options: PromptOptions = {}): PlanRequest {
  const { compactAfterTokens = 32_000 } = options;
  const spans = segments(history);
  const stepsOf = (planEpoch: number): ProposedStep[] =>
    history.steps
      .filter((step) => step.planEpoch === planEpoch)
      .toSorted((a, b) => a.index - b.index);

  // Each is measured, and most are then sent as they were measured.
  const rendered = new Map<Turn, { readonly compacted: boolean; readonly text: string }>();
  const render = (turn: Turn, compacted: boolean): string => {
    const before = rendered.get(turn);
    if (before?.compacted === compacted) return before.text;
    const segment = segmentOf(spans.get(turn.planEpoch) ?? [], stepsOf(turn.planEpoch - 1));
    const observation = history.observations.get(turn.observation);
    const text = turnText({ run: history.run, turn, segment, observation, compacted });
    rendered.set(turn, { compacted, text });
    return text;
  };

  /** By length: of what turn `index` adds, its text and the plan before it. */
  const added = (index: number, compacted: boolean): number => {
    const turn = history.turns[index];
    const previous = history.turns[index - 1];
    const plan = previous ? modelParts(previous, stepsOf(previous.planEpoch)) : [];
    return turn ? tokensOf(render(turn, compacted)) + partsTokens(plan) : 0;
  };
  const start = tokensOf(SYSTEM_INSTRUCTION) + tokensOf(runLine(history.run));

  let keepFrom = 0;
  let lastFull = 0;
  let tokens = start;
  for (const [index, turn] of history.turns.entries()) {
    if (history.observations.get(turn.observation)?.kind !== 'diff') lastFull = index;
    tokens = (countedTokens(history.turns[index - 1]) ?? tokens) + added(index, false);
    if (tokens <= compactAfterTokens || lastFull <= keepFrom) continue;
    keepFrom = lastFull;
    tokens = start;
    for (let at = 0; at <= index; at += 1) tokens += added(at, at < keepFrom);
  }

  const contents: GeminiContent[] = [];
  const entries = history.log.map(({ event }) => event);
  for (const [index, turn] of history.turns.entries()) {
    const previous = history.turns[index - 1];
    if (previous)
      contents.push({ role: 'model', parts: modelParts(previous, stepsOf(previous.planEpoch)) });
    const text = render(turn, index < keepFrom);
    const url = history.observations.get(turn.observation)?.url ?? '';
    const picture = history.pictures.get(turn.observation);
    const responses = previous ? functionResponses(previous, entries, { url, picture }) : [];
    const isShown = responses.some(({ functionResponse }) => hasParts(functionResponse));
    contents.push({
      role: 'user',
      parts: [
        ...responses,
        ...(picture && !isShown ? [picture] : []),
        { text: index === 0 ? `${runLine(history.run)}\n${text}` : text },
      ],
    });
  }
  return { systemInstruction: SYSTEM_INSTRUCTION, contents };
}

function hasParts(response: unknown): boolean {
  return typeof response === 'object' && response !== null && 'parts' in response;
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
  deps: LogReaderDeps,
  run: Run,
  planEpoch: number,
  artifacts?: Pick<ArtifactStore, 'get'>,
): Promise<PromptHistory> {
  const { store } = deps;
  const { tenantId, runId } = run;
  const base = runPath(tenantId, runId);
  const [turns, steps, log, seen] = await Promise.all([
    all<Turn>(store, `${base}/turns`),
    all<ProposedStep>(store, `${base}/steps`),
    readRunLog(deps, tenantId, runId),
    all<StoredObservation>(store, `${base}/observations`),
  ]);
  const upTo = turns
    .filter((turn) => turn.planEpoch <= planEpoch)
    .toSorted((a, b) => a.planEpoch - b.planEpoch);
  const observations = new Map(seen.map((each) => [each.number, each] as const));
  const pictures = await readPictures(artifacts, run, upTo, observations);
  return { run, turns: upTo, steps, log, observations, pictures };
}
