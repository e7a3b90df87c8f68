import type { Action } from '../../../shared/contracts/action.ts';
import type { LogEvent } from '../../../shared/contracts/log-entry.ts';
import { Outcome, type OutcomeInput } from '../../../shared/contracts/outcome.ts';
import {
  logEntryPath,
  observationPath,
  runPath,
  stepPath,
  turnPath,
} from '../../../shared/contracts/paths.ts';
import { Turn, type ProposedStep } from '../../../shared/contracts/plan.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import { TaskContract } from '../../../shared/contracts/task-contract.ts';
import { systemClock } from '../../../shared/core/clock.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import { openMemoryMessageBus } from '../../../shared/testing/memory-message-bus.ts';
import { memoryVault } from '../../../shared/testing/memory-vault.ts';
import { openMemoryStateStore } from '../../../shared/testing/memory-state-store.ts';
import type { GeminiClient } from '../gemini/gemini-client.ts';
import { createPlanner, type PlannerDeps } from '../planner.ts';

/** A run played in a test: a scripted site in the executor's place, the real planner, store and bus twins in memory. */
export const TENANT = 'acme';
export const RUN_ID = 'run_0123456789abcdefghjk';

export interface ActResult extends OutcomeInput {
  readonly effect?: 'read' | 'write' | 'unknown' | 'commit';
  /** Recorded as uncertain and then resolved so, instead of ended. */
  readonly resolved?: 'acted' | 'not-acted';
  readonly answer?: string;
  /** The page moved on: the rest of the plan is dropped. */
  readonly moved?: boolean;
  /** The browser is lost after this step. */
  readonly lost?: boolean;
}
export interface PlayedSite {
  readonly observe: () => string;
  readonly act: (action: Action) => ActResult;
}

export function sampleRun(over: Partial<Run> = {}): Run {
  return {
    schemaVersion: 1,
    tenantId: TENANT,
    runId: RUN_ID,
    status: 'planning',
    goal: 'done',
    inputs: {},
    labels: {},
    contract: TaskContract.parse({
      navigate: ['https://site.example'],
      secrets: ['portal-password'],
    }),
    requestedBy: 'user:test',
    needsOwner: true,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    seq: 0,
    headHash: '',
    leaseEpoch: 1,
    planEpoch: 1,
    turnOpen: true,
    steps: 0,
    modelCalls: 0,
    invalidPlans: 0,
    idleTurns: 0,
    tokens: { prompt: 0, cached: 0, output: 0, thoughts: 0 },
    waitedMs: 0,
    approvals: [],
    committed: [],
  cancelRequested: false,
    usedSecret: false,
    ...over,
  };
}

export class RunScript {
  readonly store: StateStore = openMemoryStateStore();
  readonly bus = openMemoryMessageBus();
  readonly vault = memoryVault();
  seq = 0;
  run: Run;

  constructor(run: Partial<Run> = {}) {
    this.run = sampleRun(run);
  }

  async log(event: LogEvent): Promise<void> {
    const seq = (this.seq += 1);
    const data = {
      schemaVersion: 1,
      tenantId: TENANT,
      runId: RUN_ID,
      seq,
      at: '2026-01-01T00:00:00.000Z',
      actor: 'executor:test',
      event,
      prevHash: '',
      hash: `${seq}`,
    };
    await this.store.commit([{ op: 'create', path: logEntryPath(TENANT, RUN_ID, seq), data }]);
  }

  async openTurn(
    planEpoch: number,
    text: string,
    notices: readonly string[] = [],
    kind: 'full' | 'diff' = 'full',
    picture?: string,
  ): Promise<void> {
    const observation = {
      schemaVersion: 1,
      number: planEpoch,
      kind,
      text,
      url: '',
      title: '',
      documentId: 'd',
      ...(picture !== undefined && { picture }),
      takenAt: '2026-01-01T00:00:00.000Z',
    };
    this.run = { ...this.run, planEpoch };
    const run = await this.store.get(runPath(TENANT, RUN_ID));
    await this.store.commit([
      run
        ? { op: 'update', path: runPath(TENANT, RUN_ID), data: this.run, ifVersion: run.version }
        : { op: 'create', path: runPath(TENANT, RUN_ID), data: this.run },
      { op: 'create', path: observationPath(TENANT, RUN_ID, planEpoch), data: observation },
      {
        op: 'create',
        path: turnPath(TENANT, RUN_ID, planEpoch),
        data: Turn.parse({
          schemaVersion: 1,
          planEpoch,
          status: 'requested',
          observation: planEpoch,
          notices,
        }),
      },
    ]);
    await this.log({
      type: 'turn.opened',
      leaseEpoch: 1,
      planEpoch,
      notices: [...notices],
      observation: { digest: '', url: '', title: '', chars: text.length, ms: 1 },
    });
  }

  async turn(planEpoch: number): Promise<Turn> {
    return Turn.parse((await this.store.get(turnPath(TENANT, RUN_ID, planEpoch)))?.data);
  }

  async steps(planEpoch: number): Promise<ProposedStep[]> {
    const { items } = await this.turn(planEpoch);
    const documents = await Promise.all(
      Array.from({ length: items }, (_unused, index) =>
        this.store.get<ProposedStep>(stepPath(TENANT, RUN_ID, `${planEpoch}-${index + 1}`)),
      ),
    );
    return documents.flatMap((document) => (document ? [document.data] : []));
  }

  async record(step: ProposedStep, result: ActResult): Promise<void> {
    const { effect = 'write', resolved, answer, moved: _moved, lost: _lost, ...outcome } = result;
    const { stepId, planEpoch, action } = step;
    if (!action) return;
    if (answer !== undefined) {
      await this.log({
        type: 'human.answered',
        requestId: `ask_${stepId}`,
        kind: 'input',
        stepId,
        answer,
      });
      return;
    }
    await this.log({
      type: 'step.intent',
      leaseEpoch: 1,
      planEpoch,
      stepId,
      action,
      decision: { verdict: 'allow', effect, reasons: ['test'] },
    });
    if (resolved === undefined)
      await this.log({
        type: 'step.ended',
        leaseEpoch: 1,
        stepId,
        outcome: Outcome.parse(outcome),
      });
    else {
      await this.log({ type: 'step.uncertain', leaseEpoch: 1, stepId, reason: 'lost' });
      await this.log({
        type: 'step.resolved',
        leaseEpoch: 1,
        stepId,
        verdict: resolved,
        by: 'probe',
        detail: '',
      });
    }
  }

  planner(
    gemini: Pick<GeminiClient, 'streamPlan'>,
    over: Partial<PlannerDeps> = {},
  ): ReturnType<typeof createPlanner> {
    return createPlanner({
      store: this.store,
      bus: this.bus,
      vault: this.vault,
      gemini,
      clock: systemClock,
      log: silentLogger,
      ...over,
    });
  }
}

export interface PlayedRun {
  readonly actions: readonly Action[];
  readonly finish: Extract<Action, { action: 'finish' }> | undefined;
  readonly turns: number;
  readonly script: RunScript;
}

/** Plays until `finish` or `maxTurns`. */
export async function playRun(
  gemini: GeminiClient,
  run: Partial<Run>,
  site: PlayedSite,
  maxTurns = 25,
): Promise<PlayedRun> {
  const script = new RunScript(run);
  const planner = script.planner(gemini);
  const actions: Action[] = [];
  let notices: string[] = [];
  for (let planEpoch = 1; planEpoch <= maxTurns; planEpoch += 1) {
    await script.openTurn(planEpoch, site.observe(), notices);
    notices = [];
    await planner.handle(
      { type: 'plan.requested', schemaVersion: 1, tenantId: TENANT, runId: RUN_ID, planEpoch },
      new AbortController().signal,
    );
    const turn = await script.turn(planEpoch);
    if (turn.status !== 'complete')
      throw new Error(`turn ${planEpoch} is ${turn.status}: ${turn.error?.message ?? ''}`);
    for (const step of await script.steps(planEpoch)) {
      if (!step.action)
        throw new Error(`step ${step.stepId} is invalid: ${step.invalid?.message ?? ''}`);
      actions.push(step.action);
      if (step.action.action === 'finish')
        return { actions, finish: step.action, turns: planEpoch, script };
      const result = site.act(step.action);
      await script.record(step, result);
      if (result.lost === true)
        notices = ['browser-replaced: what had been typed on the page is gone'];
      if (result.status !== 'done' || result.moved === true || result.lost === true) break;
    }
  }
  return { actions, finish: undefined, turns: maxTurns, script };
}
