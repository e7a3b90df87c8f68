import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import type { HostRule, TaskContract } from '../../shared/contracts/task-contract.ts';
import { duration, plain } from './terminal-text.ts';

const hostOf = (rule: HostRule): string => (typeof rule === 'string' ? rule : `*.${rule.suffix}`);
const list = (values: readonly string[], none: string): string =>
  values.length === 0 ? none : plain(values.join(', '), 300);

/** What a run was allowed from its start, for people. */
export function termsOf(contract: TaskContract): string[] {
  const { budgets, navigate, commits, probes, secrets, level, deadline } = contract;
  return [
    `shown: ${list(navigate.map(hostOf), 'nothing')}`,
    `may commit without asking: ${list(
      commits.map(({ name }) => name),
      'nothing',
    )}  (level ${level})`,
    `looked up when in doubt: ${list(
      probes.map(({ commit }) => commit),
      'nothing',
    )}`,
    `secrets: ${list(secrets, 'none')}`,
    `limits: ${budgets.steps} steps, ${budgets.turns} turns, ${duration(budgets.timeMs)}${deadline === undefined ? '' : `, over by ${deadline}`}`,
  ];
}

/** Why something happened, as its log entry says: who decided, on what grounds, and what followed. */
export function reasonsOf({ actor, event }: LogEntry): string[] {
  switch (event.type) {
    case 'lease.taken':
      return [`owned by ${plain(event.holder, 60)}, ownership ${event.leaseEpoch}`];
    case 'lease.released':
      return [`let go of: ${event.reason}`];
    case 'browser.opened':
      return event.signedIn === false
        ? ['the log-ins that were restored no longer hold: no look-up is believed']
        : [];
    case 'browser.state-saved':
      return [
        `log-ins kept, encrypted${event.url === undefined ? '' : `, at ${plain(event.url, 80)}`}`,
      ];
    case 'turn.opened':
      return [
        ...event.notices.map((notice) => `the planner was told: ${plain(notice, 200)}`),
        ...(event.unchanged === true ? ['the page shows what it showed a turn ago'] : []),
      ];
    case 'turn.closed':
      return [
        `${event.done} of ${event.items} items done; ${event.reason}${event.detail === '' ? '' : `: ${plain(event.detail, 200)}`}; ${event.usage.prompt} prompt and ${event.usage.output} output tokens`,
      ];
    case 'step.intent': {
      const { effect, verdict, reasons } = event.decision;
      const by = event.approval === undefined ? verdict : `approved (${event.approval})`;
      const why = event.action.why === '' ? [] : [`meant: ${plain(event.action.why, 160)}`];
      return [...why, `${effect}, ${by}: ${plain(reasons.join('; '), 240)}`];
    }
    case 'step.ended': {
      const { url, dialog, tab } = event.outcome.changed;
      const changed = [
        url === undefined ? '' : `now at ${plain(url, 100)}`,
        dialog === undefined ? '' : `a dialog: ${plain(dialog, 100)}`,
        tab === undefined ? '' : `a new tab ${tab}`,
      ].filter((text) => text !== '');
      return changed.length === 0 ? [] : [changed.join('; ')];
    }
    case 'step.refused':
      return event.decision
        ? [`${event.decision.effect}: ${plain(event.decision.reasons.join('; '), 240)}`]
        : [];
    case 'human.requested':
      return [
        ...Object.entries(event.request.facts).map(
          ([name, value]) =>
            `${name}: ${plain(typeof value === 'string' ? value : JSON.stringify(value), 200)}`,
        ),
        `waits until ${event.request.expiresAt}`,
      ];
    case 'human.answered':
    case 'run.cancel-requested':
      return [`by ${plain(actor, 80)}`];
    case 'human.expired':
      return ['nobody answered in time'];
    case 'run.ended':
      return event.error ? [`${event.error.code}: ${plain(event.error.message, 400)}`] : [];
    default:
      return [];
  }
}
