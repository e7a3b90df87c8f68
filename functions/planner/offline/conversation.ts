import { createPlanParser } from '../gemini/plan-parser.ts';
import { functionCallOf } from '../gemini/function-call.ts';
import type { GeminiContent } from '../gemini/planning-event.ts';
import { applyDiff, parsePage, type Page } from './page-text.ts';

/** Everything that the offline planner knows, read back from the request: it keeps nothing between calls. */
export interface StepFact {
  readonly stepId: string;
  readonly why: string;
  readonly action: string;
  readonly status?: string;
  readonly effect?: string;
  readonly code?: string;
  readonly message?: string;
}
export interface PastTurn {
  readonly notices: readonly string[];
  readonly steps: readonly StepFact[];
  /** Values noted by that turn's plan. */
  readonly values: Readonly<Record<string, string>>;
}
export interface Conversation {
  readonly runId: string;
  readonly goal: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly startUrl?: string;
  readonly planEpoch: number;
  readonly past: readonly PastTurn[];
  /** Of the turn that is to be planned now. */
  readonly notices: readonly string[];
  readonly page: Page;
  readonly data: ReadonlyMap<string, unknown>;
  readonly answers: readonly {
    readonly step?: string;
    readonly kind?: string;
    readonly answer?: string;
  }[];
}

interface Outcome {
  readonly step?: string;
  readonly action?: string;
  readonly status?: string;
  readonly effect?: string;
  readonly code?: string;
  readonly message?: string;
}

function textOf(content: GeminiContent): string {
  return content.parts
    .filter((part) => part['thought'] !== true)
    .map((part) => (typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

function textField(item: Record<string, unknown>, name: string): string {
  const value = item[name];
  return typeof value === 'string' ? value : '';
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Plan {
  readonly items: readonly Record<string, unknown>[];
  readonly values: Record<string, string>;
}

function parsePlan(text: string): Plan {
  const items: Record<string, unknown>[] = [];
  let notes = '';
  try {
    for (const fragment of createPlanParser().write(text)) {
      if (fragment.kind === 'step') items.push((fragment.item ?? {}) as Record<string, unknown>);
      if (fragment.kind === 'notes') notes = fragment.text;
    }
  } catch {
    // A plan that was cut: what closed counts.
  }
  const values = (json(notes) as { values?: Record<string, string> } | undefined)?.values;
  return { items, values: values ?? {} };
}

/** A plan that came as function calls. */
function callsOf(content: GeminiContent): Plan | undefined {
  const calls = content.parts.flatMap((part) => functionCallOf(part) ?? []);
  if (calls.length === 0) return undefined;
  const notes = calls.find(({ name }) => name === 'notes')?.args['text'];
  const noted = typeof notes === 'string' ? json(notes) : undefined;
  return {
    items: calls
      .filter(({ name }) => name !== 'notes')
      .map(({ name, args }) => ({ ...args, action: name })),
    values: (noted as { values?: Record<string, string> } | undefined)?.values ?? {},
  };
}

interface Turn {
  readonly planEpoch: number;
  readonly notices: string[];
  plan: Plan;
}

/** Reads `rodex-turn/1`; undefined when the request was not written in it. */
export function readConversation(contents: readonly GeminiContent[]): Conversation | undefined {
  const turns: Turn[] = [];
  const outcomes = new Map<string, Outcome>();
  const data = new Map<string, unknown>();
  const answers: { step?: string; kind?: string; answer?: string }[] = [];
  let run: { runId?: unknown; goal?: unknown; startUrl?: unknown; inputs?: unknown } | undefined;
  let page: Page | undefined;

  const observe = (kind: string, text: string): void => {
    if (kind === 'full') page = parsePage(text);
    else if (kind === 'diff') page = page ? applyDiff(page, text) : parsePage(text);
  };

  const readUntrusted = (lines: readonly string[]): void => {
    const at = lines.findIndex((line) => /^observation \w+/.test(line));
    for (const line of lines.slice(0, at < 0 ? undefined : at)) {
      const match = /^data (\S+) (.*)$/.exec(line);
      if (match?.[1] !== undefined) data.set(match[1], json(match[2] ?? '') ?? match[2]);
    }
    if (at >= 0)
      observe(
        /^observation (\w+)/.exec(lines[at] ?? '')?.[1] ?? '',
        lines.slice(at + 1).join('\n'),
      );
  };

  const readUser = (text: string): void => {
    const lines = text.split('\n');
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at] ?? '';
      const space = line.indexOf(' ');
      const [word, rest] = [line.slice(0, Math.max(space, 0)), line.slice(space + 1)];
      if (word === 'run') run = json(rest) as typeof run;
      else if (word === 'turn')
        turns.push({ planEpoch: Number(rest), notices: [], plan: { items: [], values: {} } });
      else if (word === 'notice') turns.at(-1)?.notices.push(String(json(rest)));
      else if (word === 'answer') answers.push(json(rest) ?? {});
      else if (word === 'outcome') {
        const outcome = (json(rest) ?? {}) as Outcome;
        if (outcome.step !== undefined)
          outcomes.set(outcome.step, { ...outcomes.get(outcome.step), ...outcome });
      } else if (word === 'untrusted') {
        const end = lines.indexOf(`end ${rest}`, at);
        readUntrusted(lines.slice(at + 1, end < 0 ? undefined : end));
        if (end < 0) return;
        at = end;
      }
    }
  };

  for (const content of contents) {
    if (content.role === 'user') readUser(textOf(content));
    else {
      const turn = turns.at(-1);
      if (turn) turn.plan = callsOf(content) ?? parsePlan(textOf(content));
    }
  }

  const current = turns.at(-1);
  if (typeof run?.goal !== 'string' || !current || !page) return undefined;
  const past = turns.slice(0, -1).map((turn) => ({
    notices: turn.notices,
    values: turn.plan.values,
    steps: turn.plan.items.map((item, index): StepFact => {
      const stepId = `${turn.planEpoch}-${index + 1}`;
      const { status, effect, code, message } = outcomes.get(stepId) ?? {};
      return {
        stepId,
        why: textField(item, 'why'),
        action: textField(item, 'action'),
        ...(status !== undefined && { status }),
        ...(effect !== undefined && { effect }),
        ...(code !== undefined && { code }),
        ...(message !== undefined && { message }),
      };
    }),
  }));
  return {
    runId: typeof run.runId === 'string' ? run.runId : '',
    goal: run.goal,
    inputs: typeof run.inputs === 'object' && run.inputs !== null ? { ...run.inputs } : {},
    ...(typeof run.startUrl === 'string' && { startUrl: run.startUrl }),
    planEpoch: current.planEpoch,
    past,
    notices: current.notices,
    page,
    data,
    answers,
  };
}
