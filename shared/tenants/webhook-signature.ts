import { createHmac } from 'node:crypto';

import type { Webhook } from '../contracts/webhook.ts';

/** What the platform's keys are derived for. */
export const WEBHOOK_KEY = 'webhook secrets v1';

const PREFIX = 'whsec_';

type Owner = Pick<Webhook, 'tenantId' | 'webhookId' | 'secretVersion'>;

function secretBytes(key: Uint8Array, { tenantId, webhookId, secretVersion }: Owner): Buffer {
  const of = JSON.stringify([tenantId, webhookId, secretVersion]);
  return createHmac('sha256', key).update(of).digest();
}

/** The secret as its owner is shown it, and as the Standard Webhooks libraries take it. `key` is that of `WEBHOOK_KEY`. */
export function webhookSecret(key: Uint8Array, webhook: Owner): string {
  return `${PREFIX}${secretBytes(key, webhook).toString('base64')}`;
}

export interface SignedMessage {
  readonly id: string;
  readonly body: string;
  readonly nowMs: number;
}

/** Headers of the Standard Webhooks specification: while a secret is being replaced, a signature of each of the two. */
export function signatureHeaders(
  key: Uint8Array,
  webhook: Owner & Pick<Webhook, 'previousSecretUntil'>,
  { id, body, nowMs }: SignedMessage,
): Record<string, string> {
  const seconds = Math.floor(nowMs / 1_000);
  const { secretVersion, previousSecretUntil } = webhook;
  const overlaps = previousSecretUntil !== undefined && Date.parse(previousSecretUntil) > nowMs;
  const versions =
    overlaps && secretVersion > 1 ? [secretVersion, secretVersion - 1] : [secretVersion];
  const signatures = versions.map((version) => {
    const secret = secretBytes(key, { ...webhook, secretVersion: version });
    const mac = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64');
    return `v1,${mac}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatures.join(' '),
  };
}
