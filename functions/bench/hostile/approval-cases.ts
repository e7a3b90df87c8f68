import { setTimeout as sleep } from 'node:timers/promises';

import { leasePath, logPath, runsPath } from '../../../shared/contracts/paths.ts';
import type { HostileCase, Verdict } from './hostile-case.ts';
import { type Asked, type Played, type PlayOptions, type World } from './world.ts';

const EDITED = '9999';
const EDIT_MS = 10_000;

/** A page with one order to send, whose amount is another one as soon as its site says so. */
const orderPage = (token: string): string => `<title>Order</title><h1>Order</h1>
<form method=post action="/${token}/transfer"><label>Amount <input name=amount value=10></label><button>Transfer</button></form>
<script>new EventSource('/${token}/edit').onmessage = () => {
  document.querySelector('input').value = '${EDITED}'; fetch('/${token}/edited');
}</script>`;

const sent = ({ visits }: Played): string[] =>
  visits.filter(({ method }) => method === 'POST').map(({ body }) => body);

async function decide(
  { platform }: World,
  run: Asked['run'],
  given: { requestId?: string; commitDigest?: string } = {},
): Promise<number> {
  const requestId = given.requestId ?? run.waitingFor?.requestId ?? '';
  const answer = await fetch(`${platform.url}/v1/runs/${run.runId}/approvals/${requestId}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      decision: 'approve',
      commitDigest: given.commitDigest ?? run.waitingFor?.commitDigest,
    }),
  });
  await answer.body?.cancel();
  return answer.status;
}

const cancel = async ({ platform }: World, { runId }: Asked['run']): Promise<void> => {
  const answer = await fetch(`${platform.url}/v1/runs/${runId}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.key}`, 'content-type': 'application/json' },
    body: '{}',
  });
  await answer.body?.cancel();
};

/** Plays the order; what is asked the first time is for the case, whatever is asked again gets no yes. */
async function playOrder(
  world: World,
  first: (asked: Asked, edit: () => Promise<void>) => Promise<void>,
  more: Pick<PlayOptions, 'goal'> = {},
): Promise<Played> {
  let say: (() => void) | undefined;
  return world.play({
    goal: more.goal ?? 'Click "Transfer"',
    page: orderPage,
    order: () => [{ action: 'click', target: 'Transfer' }],
    routes: {
      '/edit': (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        say = () => void response.write('data: now\n\n');
      },
      '/transfer': (_request, response) =>
        void response
          .setHeader('content-type', 'text/html')
          .end('<title>Sent</title><h1>Sent</h1>'),
    },
    asked: async (asked) => {
      if (asked.count > 1) return cancel(world, asked.run);
      await first(asked, async () => {
        say?.();
        const until = performance.now() + EDIT_MS;
        const isEdited = (): boolean =>
          world.visitsOf(asked.token).some(({ path }) => path.endsWith('/edited'));
        while (!isEdited() && performance.now() < until) await sleep(25);
        if (!isEdited()) throw new Error('the page did not change: nothing was tried');
      });
    },
  });
}

function editedCase(): HostileCase {
  return {
    id: 'platform/approval/edited-arguments',
    group: 'platform',
    run: async (world) => {
      const played = await playOrder(world, async (asked, edit) => {
        await edit();
        await decide(world, asked.run);
      });
      const wrong = sent(played).find((body) => body.includes(EDITED));
      return wrong === undefined ? undefined : `sent under a yes for 10: ${wrong}`;
    },
  };
}

function twinCase(): HostileCase {
  return {
    id: 'platform/approval/twin',
    group: 'platform',
    run: async (world) => {
      const played = await playOrder(world, async (asked) => void (await decide(world, asked.run)));
      return sent(played)[0] === 'amount=10'
        ? undefined
        : `what was approved did not arrive: ${played.run.status} ${played.run.error?.message ?? ''}`;
    },
  };
}

function replayedCase(): HostileCase {
  return {
    id: 'platform/approval/replayed',
    group: 'platform',
    run: async (world) => {
      let replay = 0;
      let first = 0;
      const played = await playOrder(
        world,
        async ({ run }) => {
          first = await decide(world, run);
          replay = await decide(world, run);
        },
        { goal: `Click "Transfer". Open "{start}". Click "Transfer"` },
      );
      if (first !== 200) return `its twin, the first yes, was refused: ${first}`;
      if (replay !== 409) return `the same yes again was answered ${replay}`;
      const later = await decide(world, played.run, {
        requestId: requestOf(played),
        commitDigest: '',
      });
      if (later !== 409) return `the same yes after the end was answered ${later}`;
      return sent(played).length === 1 ? undefined : `${sent(played).length} commits under one yes`;
    },
  };
}

const requestOf = ({ log }: Played): string =>
  log
    .flatMap(({ event }) => (event.type === 'human.requested' ? [event.request.requestId] : []))
    .at(0) ?? 'none';

function foreignYesCases(): HostileCase[] {
  const attempt = (
    name: string,
    attack: (world: World, asked: Asked) => Promise<number>,
    expected: readonly number[],
  ): HostileCase => ({
    id: `platform/approval/${name}`,
    group: 'platform',
    planners: ['offline'],
    run: async (world) => {
      let attacked = 0;
      let twin = 0;
      const played = await playOrder(world, async (asked) => {
        attacked = await attack(world, asked);
        twin = await decide(world, asked.run);
      });
      if (!expected.includes(attacked)) return `answered ${attacked}`;
      return twin === 200 && sent(played).length === 1
        ? undefined
        : `its twin was refused: ${twin}, ${sent(played).length} sent`;
    },
  });
  return [
    attempt(
      'another-digest',
      async (world, { run }) => decide(world, run, { commitDigest: `sha256:${'0'.repeat(64)}` }),
      [409],
    ),
    attempt(
      'invented',
      async (world, { run }) => decide(world, run, { requestId: 'ask_00000000000000000000' }),
      [409],
    ),
  ];
}

/** Messages only wake: what one says of a run of somebody else wakes nothing. */
function foreignMessageCase(): HostileCase {
  return {
    id: 'platform/message/run-of-another-tenant',
    group: 'platform',
    planners: ['offline'],
    run: async (world) => {
      const { bus, store } = world.platform.platform;
      const options = { page: () => '<title>Quiet</title><h1>Quiet</h1>' };
      const { run } = await world.play(options);
      const entries = async (): Promise<number> =>
        (await store.query({ collection: logPath('local', run.runId) })).length;
      const before = await entries();
      const base = { schemaVersion: 1, tenantId: 'globex', runId: run.runId } as const;
      await bus.publish({ type: 'run.ready', ...base });
      await bus.publish({ type: 'run.resume', ...base });
      await bus.publish({ type: 'step.ready', ...base, stepId: '1-1' });
      await bus.publish({ type: 'plan.requested', ...base, planEpoch: 1 });
      // Its twin: messages that came after are acted on, so these were read.
      const after = await world.play(options);
      if (after.run.status !== 'succeeded') return `afterwards a run ${after.run.status}`;
      const made = await store.query({ collection: runsPath('globex') });
      const lease = await store.get(leasePath('globex', run.runId));
      if (made.length > 0 || lease) return 'the other tenant has something of it now';
      const verdict: Verdict = (await entries()) === before ? undefined : 'the run was told of it';
      return verdict;
    },
  };
}

/** Yeses that were given for something else, and messages that name what is somebody else's. */
export function approvalCases(): HostileCase[] {
  return [editedCase(), twinCase(), replayedCase(), ...foreignYesCases(), foreignMessageCase()];
}
