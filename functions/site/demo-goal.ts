import type { RunRequestInput } from '../../shared/contracts/run.ts';
import type { Site } from './site.ts';

/** Name under which the demo stores the portal's password; typed at the portal's own origin only. */
export const PORTAL_SECRET = 'portal-password';

/**
 * The default goal of the demo: a buyer's morning at the portal, as sentences of the offline grammar. All labels come from the site's
 * wording, so another seed gives another goal for the same planner. The task contract names the one commit and how to look it up.
 */
export function demoRequest(site: Site, reference: string): RunRequestInput {
  const { wording, facts, origin } = site;
  const supplier = facts.suppliers[0] ?? '';
  const neededBy = new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10);
  const goal = [
    `If "${wording.password}" is shown, type {{input.username}} into "${wording.userName}", type {{secret.${PORTAL_SECRET}}} into "${wording.password}" and click "${wording.signIn}"`,
    `Go to "${wording.invoices}"`,
    `Sort by "${wording.date}" descending`,
    `Read the rows of the table with "${wording.number}", "${wording.date}" as a date, "${wording.total}" in cents in the newest month of "${wording.date}" as invoices`,
    `Take the row with the largest "${wording.total}" as largest`,
    `Open its "${wording.number}"`,
    `Download "${wording.downloadPdf}"`,
    `Go to "${wording.orders}"`,
    `Go to "${wording.newOrder}"`,
    `Choose "${supplier}" in "${wording.supplier}"`,
    `Type "Copy paper, A4" into "${wording.item}"`,
    `Type "12" into "${wording.quantity}"`,
    `Type {{input.price}} into "${wording.unitPrice}"`,
    `Type {{input.reference}} into "${wording.reference}"`,
    `Type {{input.neededBy}} into "${wording.neededBy}"`,
    `Tick "${wording.acceptTerms}"`,
    `Click "${wording.submitOrder}"`,
    `Click "${wording.confirmOrder}"`,
    `Wait for {{input.reference}}`,
    `Return invoices, largest`,
  ];
  return {
    goal: goal.map((sentence, index) => `${index + 1}. ${sentence}`).join('\n'),
    url: `${origin}/`,
    inputs: { username: site.credentials.username, reference, price: '4.95', neededBy },
    labels: { demo: 'portal' },
    contract: {
      navigate: [origin],
      commits: [{ name: wording.confirmOrder, origin }],
      probes: [
        {
          commit: wording.confirmOrder,
          url: `${origin}/orders?ref={{input.reference}}`,
          text: '{{input.reference}}',
          absent: wording.noOrders,
        },
      ],
      secrets: [PORTAL_SECRET],
    },
  };
}
