import type { LogEntry } from '../../shared/contracts/log-entry.ts';

/** The steps of one ownership as JSON lines: what was asked, what it was taken for, what became of it and where its time went. */
export function actionLog(entries: readonly LogEntry[], leaseEpoch: number): string {
  const lines: object[] = [];
  const begun = new Map<string, { at: string; line: object }>();
  for (const { at, event } of entries) {
    if (!('leaseEpoch' in event) || event.leaseEpoch !== leaseEpoch) continue;
    if (event.type === 'step.intent') {
      const { stepId, action, decision, facts } = event;
      const { role, name, url, near } = facts ?? {};
      const line = {
        stepId,
        action,
        effect: decision.effect,
        target: { role, name, near },
        url,
      };
      begun.set(stepId, { at, line });
    } else if (event.type === 'step.ended') {
      const { outcome, stepId } = event;
      const { data, ...rest } = outcome;
      const kept = data === undefined ? {} : { dataChars: JSON.stringify(data).length };
      const start = begun.get(stepId);
      lines.push({
        at: start?.at ?? at,
        endedAt: at,
        ...start?.line,
        outcome: { ...rest, ...kept },
      });
      begun.delete(stepId);
    } else if (event.type === 'step.refused')
      lines.push({ at, stepId: event.stepId, action: event.action, refused: event.error });
    else if (event.type === 'step.uncertain') {
      const start = begun.get(event.stepId);
      lines.push({ at: start?.at ?? at, endedAt: at, ...start?.line, uncertain: event.reason });
      begun.delete(event.stepId);
    }
  }
  for (const { at, line } of begun.values()) lines.push({ at, ...line, outcome: null });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
