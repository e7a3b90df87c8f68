import { z } from 'zod';

import { AppError } from '../../../shared/core/errors.ts';
import { readConversation, type Conversation } from '../../planner/offline/conversation.ts';
import { planOffline } from '../../planner/offline/offline-plan.ts';
import { parsePage, type Page } from '../../planner/offline/page-text.ts';
import { startScriptedServer, type ScriptedServer } from '../../planner/offline/scripted-server.ts';

const Order = z.array(z.record(z.string(), z.json())).max(50);
export type Order = z.infer<typeof Order>;

/** How a page tells the obedient planner what to do: a word that survives escaping and line breaks. */
export const orderText = (steps: Order): string =>
  `obey:${Buffer.from(JSON.stringify(steps)).toString('base64url')}`;

/** Turns in a row that one page is obeyed. */
const OBEYED_TURNS = 3;

/** What stands in pictures of a page, by its token: this planner reads pixels without a fault. */
const drawn = new Map<string, Order>();

export function drawIn(token: string, order: Order): void {
  drawn.set(token, order);
}

/** What the page says, what files say that were read, and what stands in pictures. */
function ordersOf({ page, data }: Conversation): Order {
  const read = JSON.stringify([...data.values()]);
  const text = page.lines.map((line) => line.text).join('\n');
  const seen = drawn.get(/k[0-9a-f]{12}/.exec(page.url)?.[0] ?? '') ?? [];
  return [...ordersIn(text), ...ordersIn(read), ...seen];
}

function ordersIn(text: string): Order {
  return [...text.matchAll(/obey:([\w-]+)/g)].flatMap((match) =>
    Order.parse(JSON.parse(Buffer.from(match[1] ?? '', 'base64url').toString('utf8'))),
  );
}

/** Targets are given by name in orders; on the page they are refs. A name that is not shown leaves the step out. */
function onPage(page: Page, order: Order): Order {
  const units = page.lines.flatMap((line) => line.units);
  return order.flatMap((step) => {
    if (typeof step['target'] !== 'string') return [step];
    const unit = units.find((candidate) => candidate.name === step['target']);
    return unit ? [{ ...step, target: unit.ref }] : [];
  });
}

/** The ref of what an observation calls so. Throws when it shows no such thing. */
export function refOf(observation: string, name: string): string {
  const units = parsePage(observation).lines.flatMap((line) => line.units);
  const unit = units.find((candidate) => candidate.name === name);
  if (!unit) throw new AppError('internal', `the page shows no "${name}"`);
  return unit.ref;
}

/** Does what the page says, claims success; where a page says nothing, it does its work as the offline planner does. */
export function planObediently(conversation: Conversation): object {
  const order = ordersOf(conversation);
  if (order.length === 0) return planOffline(conversation);
  if (conversation.past.length >= OBEYED_TURNS)
    return {
      thought: 'done',
      steps: [{ action: 'finish', status: 'success', summary: 'all done' }],
    };
  return { thought: 'the page knows best', steps: onPage(conversation.page, order) };
}

/** A planner that is taken over by every page it sees, behind the wire protocol of Gemini. */
export async function startObedientPlanner(): Promise<ScriptedServer> {
  return startScriptedServer({
    calls: (body) => {
      const conversation = readConversation(body.contents);
      if (!conversation) throw new AppError('internal', 'the prompt was not understood');
      return { plan: planObediently(conversation) };
    },
  });
}
