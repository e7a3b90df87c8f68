import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createClient, type Client } from '../../shared/client/client.ts';
import type { ReceivedLetter } from '../../shared/bus/message-bus.ts';
import { RunEvent, RunRequestReply } from '../../shared/contracts/run-event.ts';
import { readConfig } from '../../shared/core/config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { closeServer, listen } from '../../shared/hosting/front-server.ts';
import { startHelpDesk } from '../site/help-desk.ts';
import { startPlatform, type RunningPlatform } from './compose.ts';

let folder = '';
let here: RunningPlatform;
let client: Client;
let endpoint: Server;
let secret = '';
const posted: RunEvent[] = [];
let hear: () => void = () => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rodex-triggers-'));
  here = await startPlatform(readConfig({ RODEX_DATA_DIR: join(folder, 'data') }), {
    log: silentLogger,
    warn: () => undefined,
  });
  client = createClient(here);
  endpoint = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      posted.push(RunEvent.parse(new Webhook(secret).verify(body, headers)));
      response.writeHead(204).end();
      hear();
    });
  });
  const port = await listen(endpoint, '127.0.0.1', 0);
  ({ secret } = await client.createWebhook({ name: 'e2e', url: `http://127.0.0.1:${port}/` }));
  const put = await fetch(`${here.url}/v1/tenants/local`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'local',
      runTopic: { enabled: true, role: 'operator', replyTopics: ['replies'] },
    }),
  });
  expect(put.status).toBe(201);
});
afterAll(async () => {
  await here?.close();
  if (endpoint) await closeServer(endpoint);
  await rm(folder, { recursive: true, force: true });
});

/** Letters to a topic, from now on. */
async function listenTo(topic: string): Promise<ReceivedLetter[]> {
  const letters: ReceivedLetter[] = [];
  await here.platform.bus.receive(
    { topic, subscription: `e2e-${topic}`, maxInFlight: 1 },
    async (letter) => {
      letters.push(letter);
      hear();
    },
  );
  return letters;
}
const until = async (done: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    hear = () => {
      if (done()) resolve();
    };
    hear();
  });

it('starts one run of a request that comes twice over the topic, and tells topics and webhook of it', async () => {
  const desk = await startHelpDesk({ seed: 1, dataDir: folder });
  try {
    const [replies, events] = await Promise.all([listenTo('replies'), listenTo('rodex-events')]);
    const letter = {
      topic: 'rodex-runs-local',
      body: JSON.stringify({ goal: 'Read the page as text', url: `${desk.origin}/` }),
      attributes: { idempotencyKey: 'order-17', replyTo: 'replies' },
    };
    await here.platform.bus.send(letter);
    await here.platform.bus.send(letter);
    await here.platform.bus.send({
      ...letter,
      body: 'nonsense',
      attributes: { replyTo: 'replies' },
    });
    const ended = (event: RunEvent): boolean => event.type === 'rodex.run.succeeded';
    const told = (): RunEvent[] => events.map(({ body }) => RunEvent.parse(JSON.parse(body)));
    await until(() => replies.length >= 3 && posted.some(ended) && told().some(ended));
    const answers = replies.map(({ body }) => RunRequestReply.parse(JSON.parse(body)));
    const refused = answers.filter(({ type }) => type === 'rodex.request.refused');
    expect(refused).toMatchObject([{ data: { problem: { code: 'invalid_request' } } }]);
    const { runs } = await client.runs();
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ status: 'succeeded', requestedBy: 'service:rodex-runs-local' });
    const accepted = answers.filter(({ type }) => type === 'rodex.request.accepted');
    expect(new Set(accepted.map(({ id }) => id)).size).toBe(1);
    const byId = (list: readonly RunEvent[]) =>
      [...new Map(list.map((event) => [event.id, event])).values()].toSorted(
        (one, two) => one.data.seq - two.data.seq,
      );
    expect(byId(told()).map(({ type }) => type)).toEqual([
      'rodex.run.created',
      'rodex.run.started',
      'rodex.run.succeeded',
    ]);
    expect(byId(posted)).toEqual(byId(told()));
    const dead = await here.platform.bus.deadLetters('rodex-runs-local');
    expect(dead).toMatchObject([{ body: 'nonsense' }]);
  } finally {
    await desk.close();
  }
});
