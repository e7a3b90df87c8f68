import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { JournalDeps } from '../../shared/journal/run-journal.ts';
import type { WebhookRule } from '../../shared/policy/webhook-target.ts';
import type { Telemetry } from '../../shared/telemetry/telemetry.ts';
import type { SecretStore } from '../../shared/secrets/secret-store.ts';
import type { ApiKeys } from './identity/api-keys.ts';
import type { Authenticator } from './identity/authenticator.ts';
import type { LiveFeed } from './live-feed.ts';
import type { RateLimits } from './rate-limits.ts';
import type { RunFeeds } from './run-feed.ts';

export interface ApiDeps extends JournalDeps {
  readonly artifacts: ArtifactStore;
  readonly secrets: SecretStore;
  readonly feed: LiveFeed;
  readonly log: Logger;
  readonly telemetry?: Telemetry | undefined;
  readonly version: string;
  readonly identify: Authenticator;
  readonly apiKeys: ApiKeys;
  /** 32 bytes that follow from the platform's key, for one purpose. */
  readonly derive: (purpose: string) => Promise<Uint8Array>;
  /** Where webhooks may go. */
  readonly webhookRule: WebhookRule;
  /** Signs links to artifacts. */
  readonly linkSecret: Uint8Array;
  /** Host names under which the API may be addressed; a page on another name cannot reach it by DNS rebinding. `*`: any. */
  readonly hostNames: readonly string[];
  /** Artifact names under this prefix are the platform's own and are never listed or served. */
  readonly privatePrefix: string;
  readonly limits?: Partial<RateLimits>;
  /** Origins of web pages that may call; none by default. */
  readonly corsOrigins?: readonly string[];
  /** How long a request that does not stream may take. */
  readonly deadlineMs?: number;
  /** Aborts when the process is to end: streams close, what is new is refused. */
  readonly draining?: AbortSignal;
}

/** What handlers are given. */
export interface ApiContext extends ApiDeps {
  readonly runFeeds: RunFeeds;
  /** The API's description of itself. */
  readonly describe: () => {
    readonly document: unknown;
    readonly page: string;
    /** Content security policy of the page. */
    readonly policy: string;
  };
}
