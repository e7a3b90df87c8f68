import type { Action } from '../../shared/contracts/action.ts';
import type { TargetFacts } from '../../shared/contracts/effect.ts';
import type { Observation } from '../../shared/contracts/observation.ts';
import type { Artifact, OutcomeInput } from '../../shared/contracts/outcome.ts';

/** Cookies, local storage and tab URLs, as plain JSON; holds credentials: stored encrypted only. */
export interface BrowserState {
  readonly storage: unknown;
  readonly url: string | undefined;
}

/** What the page is, without walking it. */
export interface PageState {
  readonly url: string;
  readonly title: string;
  readonly documentId: string;
  readonly tabId: string;
  readonly dialog: string | undefined;
}

/** What the executor does for the hands while they act. */
export interface SessionHost {
  /** Throws `origin_refused` or `scheme_refused`, naming the host to add, when a document at this URL may not be shown. */
  assertMayShow(url: string): void;
  /** True when a sub-resource or frame may be fetched from this URL. */
  mayFetch(url: string): boolean;
  /** Replaces `{{input.NAME}}` and `{{run.id}}`; a secret only for the frame and field given. Throws `secret_missing`, `secret_refused`, `invalid_request`. */
  resolveText(
    text: string,
    into?: { frameOrigin: string; ancestorOrigins: readonly string[]; credentialField: boolean },
  ): Promise<{ text: string; secret: boolean }>;
  /** Keeps a file of the run; the name is made safe and unique. */
  saveArtifact(
    suggestedName: string,
    mediaType: string,
    source: Artifact['source'],
    content: Uint8Array | AsyncIterable<Uint8Array>,
    url?: string,
  ): Promise<Artifact>;
  /** A file of the run, for `upload` and `read`. Absent: there is none. Errors: `not_found`. */
  readArtifact?(name: string): Promise<{ mediaType: string; content: Uint8Array }>;
  /** What a server that asks for HTTP authentication is given; undefined: nothing. */
  httpCredentials?(origin: string): Promise<{ username: string; password: string } | undefined>;
  /** Called with secrets' values that were typed, so that observations mask them. */
  readonly maskedValues: ReadonlySet<string>;
}

/** One run's browser context. All calls are made one after another. After the browser or page is lost, calls throw `browser_lost` or `page_crashed`. */
export interface BrowserSession {
  readonly version: string;
  /** Chromium's own sandbox is on. */
  readonly sandboxed: boolean;
  /** Aborted when the browser or context is lost. */
  readonly lost: AbortSignal;
  page(): PageState;
  /** A diff is taken against the last observation of the same document; a full one comes back when there is none or the diff would be larger. */
  observe(options?: {
    kind?: 'full' | 'diff';
    budgetChars?: number;
    signal?: AbortSignal;
  }): Promise<Observation>;
  /**
   * Facts of the target, just before acting. Throws `target_stale` when the ref is gone or its fingerprint (role, name, row or heading
   * text at the time it was observed) changed, `target_not_found` for a ref never given out.
   */
  inspect(action: Action): Promise<TargetFacts>;
  /**
   * Acts, waits for facts (navigation, network, DOM quiet), checks `expect`. Never throws for what a page did: that is an outcome.
   * `finish` and `ask` are not for the hands.
   */
  act(
    action: Action,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<OutcomeInput>;
  /** Opens `url` in a separate page of the same context, gives its visible text, closes it; for probes. */
  lookUp(url: string, options?: { timeoutMs?: number }): Promise<string>;
  saveState(): Promise<BrowserState>;
  close(): Promise<void>;
}

/** One warm browser; a context for each run. */
export interface BrowserPool {
  open(
    host: SessionHost,
    options?: { state?: BrowserState; viewport?: { width: number; height: number } },
  ): Promise<BrowserSession>;
  close(): Promise<void>;
}
