import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { afterEach, beforeEach } from 'vitest';

import type { Webhook, WebhookDelivery } from '../../../shared/contracts/webhook.ts';
import { systemClock, type Clock } from '../../../shared/core/clock.ts';
import { closeServer, listen } from '../../../shared/hosting/front-server.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import { deliver, type DeliverDeps } from '../deliver.ts';
import { tellRun } from '../tell-run.ts';
import { RUN, triggersWorld, type TriggersWorld } from './triggers-world.ts';

export interface Got {
  readonly headers: Record<string, string>;
  readonly body: string;
}
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;
export const ok: Answer = (_request, response) => void response.writeHead(204).end();

/** An endpoint of this machine, and a tenant whose events go there; new for each test. */
export class Endpoint {
  world: TriggersWorld = triggersWorld();
  url = '';
  /** What came. */
  got: Got[] = [];
  answer: Answer = ok;
  offsetMs = 0;
  readonly clock: Clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + this.offsetMs,
    iso: () => new Date(systemClock.nowMs() + this.offsetMs).toISOString(),
  };
  #server: Server | undefined;

  constructor() {
    beforeEach(async () => this.#open());
    afterEach(async () => {
      this.#server?.closeAllConnections();
      if (this.#server) await closeServer(this.#server);
    });
  }

  async #open(): Promise<void> {
    this.offsetMs = 0;
    this.got = [];
    this.answer = ok;
    this.world = triggersWorld(this.clock);
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        this.got.push({ headers: request.headers as Record<string, string>, body });
        this.answer(request, response);
      });
    });
    this.url = `http://127.0.0.1:${await listen(this.#server, '127.0.0.1', 0)}/hook`;
  }

  /** A webhook and its one delivery, due. */
  async due(about: Partial<Webhook> = {}): Promise<{ webhook: Webhook; id: string }> {
    const { world, url } = this;
    const webhook = await world.webhook('acme', { url, events: ['rodex.run.succeeded'], ...about });
    await world.played('acme');
    await tellRun(world.deps, 'acme', RUN);
    const { items } = await new TenantScope(world.store, 'acme').webhookDeliveries.page({ limit: 9 });
    return { webhook, id: items[0]?.id ?? '' };
  }

  async read(id: string): Promise<WebhookDelivery> {
    return (await new TenantScope(this.world.store, 'acme').webhookDeliveries.get(id)).data;
  }

  async attempt(id: string, more: Partial<DeliverDeps> = {}): Promise<WebhookDelivery> {
    await deliver({ ...this.world.deps, timeoutMs: 500, ...more }, 'acme', id);
    return this.read(id);
  }
}
