import type { RunRequestInput } from '../../../shared/contracts/run.ts';
import { demoRequest } from '../../site/demo-goal.ts';
import type { Site } from '../../site/site.ts';

/** The part of the demo's goal that raises one order, recognised in the site's ledger by its reference. */
export function orderRequest(site: Site, reference: string): RunRequestInput {
  const whole = demoRequest(site, reference);
  const sentences = whole.goal.split('\n').map((line) => line.replace(/^\d+\. /, ''));
  const from = sentences.findIndex((sentence) =>
    sentence.startsWith(`Go to "${site.wording.orders}"`),
  );
  const goal = [sentences[0], ...sentences.slice(from, -1)];
  return {
    ...whole,
    goal: goal.map((sentence, index) => `${index + 1}. ${sentence}`).join('\n'),
    labels: { chaos: reference },
  };
}
