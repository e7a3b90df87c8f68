import type { Action } from '../../shared/contracts/action.ts';
import type { BrowserOptions, TracePart } from '../../shared/contracts/browser-options.ts';
import type { TargetFacts } from '../../shared/contracts/effect.ts';
import type { Observation } from '../../shared/contracts/observation.ts';
import type { Artifact, OutcomeInput } from '../../shared/contracts/outcome.ts';
import type { TakeOverInput } from '../../shared/contracts/take-over.ts';
import type { WireRequest } from '../../shared/contracts/wire-request.ts';
import type { PausedRequest } from '../../shared/policy/wire-gate.ts';
import type { EgressRules } from './egress/egress.ts';
import type { LogInLimits } from './log-in-limits.ts';

/** Of one file that a run keeps. */
export const MAX_ARTIFACT_BYTES = 50 * 1024 * 1024;

/** Cookies, local storage and tab URLs, as plain JSON; holds credentials: stored encrypted only. */
export interface BrowserState {
  readonly storage: unknown;
  readonly url: string | undefined;
  /** The page that was shown asked for a password. */
  readonly signIn?: boolean;
}

/** What a separate page showed. */
export interface LookedUp {
  readonly text: string;
  /** It asks for a password: who looks is not logged in. */
  readonly signIn: boolean;
}

/** A recording of a run. */
export interface TraceFile {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}

/** What the page is, without walking it. */
export interface PageState {
  readonly url: string;
  readonly title: string;
  readonly documentId: string;
  readonly tabId: string;
  readonly dialog: string | undefined;
}

/** What the executor does for the hands while they act, and for the proxy that they reach the world through. */
export interface SessionHost extends EgressRules {
  /** Throws `origin_refused` or `scheme_refused`, naming the host to add, when a document at this URL may not be shown. */
  assertMayShow(url: string): void;
  /** True when a sub-resource or frame may be fetched from this URL. */
  mayFetch(url: string): boolean;
  /** Replaces `{{input.NAME}}` and `{{run.id}}`; a secret only for the frame and field given. Throws `secret_missing`, `secret_refused`, `invalid_request`. */
  resolveText(
    text: string,
    into?: { frameOrigin: string; ancestorOrigins: readonly string[]; credentialField: boolean },
  ): Promise<{ text: string; secret: boolean }>;
  /** Throws `secret_refused` when a text that a model built gives away the value of a secret. */
  assertClean?(text: string): void;
  /** Waits until what the text refers to can be typed: a one-time code that is not about to run out and was not used. */
  whenReady?(text: string, signal: AbortSignal): Promise<void>;
  /** Keeps a file of the run; the name is made safe and unique. Throws `artifact_too_large` over `MAX_ARTIFACT_BYTES`. */
  saveArtifact(
    suggestedName: string,
    mediaType: string,
    source: Artifact['source'],
    content: Uint8Array | AsyncIterable<Uint8Array>,
    url?: string,
  ): Promise<Artifact>;
  /** Credentials that were typed and of which it is not known yet whether the site took them. */
  readonly logIns?: Pick<LogInLimits, 'undecided' | 'settle' | 'forgive'>;
  /** A file of the run, for `upload` and `read`. Absent: there is none. Errors: `not_found`. */
  readArtifact?(name: string): Promise<{ mediaType: string; content: Uint8Array }>;
  /** Digest of what a field holds or a request carries, keyed by the run. */
  valueDigest?(value: string): string;
  /** What a server that asks for HTTP authentication is given; undefined: nothing. */
  httpCredentials?(origin: string): Promise<{ username: string; password: string } | undefined>;
  /** Called with secrets' values that were typed, so that observations mask them. */
  readonly maskedValues: ReadonlySet<string>;
}

export interface ActOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * Asked about each request with an unsafe method before it leaves, while the step acts and, as `late`, until the next one does. May
   * take as long as a person does.
   */
  readonly gate?: (paused: PausedRequest, late: boolean) => Promise<boolean>;
  /** Told how a request of the act ended that the gate let go. */
  readonly ended?: (request: WireRequest, answered: boolean) => void;
  /** The act may open windows whose first request has to be paused too. */
  readonly gateWindows?: boolean;
}

export interface ActDescription {
  readonly fields: readonly { readonly label: string; readonly value: string }[];
  /** Name of the artifact. */
  readonly screenshot?: string;
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
   * The view as PNG, for models that see. Undefined where none may be taken (a secret was typed into the document) or none can be (a
   * dialog is open, the page does not answer, another one is just taking its place).
   */
  picture(): Promise<Uint8Array | undefined>;
  /**
   * Facts of the target, just before acting. Throws `target_stale` when the ref is gone or its fingerprint (role, name, row or heading
   * text at the time it was observed) changed, `target_not_found` for a ref never given out.
   */
  inspect(action: Action): Promise<TargetFacts>;
  /**
   * Acts, waits for facts (navigation, network, DOM quiet), checks `expect`. Never throws for what a page did: that is an outcome.
   * `finish` and `ask` are not for the hands.
   */
  act(action: Action, options?: ActOptions): Promise<OutcomeInput>;
  /** What a person should see who decides about an act: fields of its form with their values (never of passwords), and a picture where one may be taken. */
  describe?(action: Action): Promise<ActDescription>;
  /** Opens `url` in a separate page of the same context, gives its visible text, closes it; for probes and to see whether a log-in still holds. */
  lookUp(url: string, options?: { timeoutMs?: number }): Promise<LookedUp>;
  /** What a person does in the page, not judged by any gate. Errors: `action_failed`, `action_timeout`. */
  byHand(input: TakeOverInput): Promise<void>;
  /** The page asks for a password. Undefined while a dialog is open. */
  asksForPassword(): Promise<boolean | undefined>;
  saveState(): Promise<BrowserState>;
  /** Ends the recordings, and the browser context with them; none where nothing was to be recorded, or a secret came up. */
  takeTrace?(): Promise<readonly TraceFile[]>;
  close(): Promise<void>;
}

/** How the browser context of a run is opened. */
export interface OpenOptions {
  readonly state?: BrowserState;
  readonly browser?: BrowserOptions;
  /** User and password for `browser.proxy`. */
  readonly proxyLogin?: { readonly username: string; readonly password: string };
  /** What is recorded; kept until `takeTrace`. */
  readonly trace?: readonly TracePart[];
  /** Gives up waiting for memory. */
  readonly signal?: AbortSignal;
  /** Told why the run has to wait for its browser. */
  readonly onWait?: (reason: string) => void;
}

/** One warm browser; a context for each run, as many as memory allows. */
export interface BrowserPool {
  open(host: SessionHost, options?: OpenOptions): Promise<BrowserSession>;
  close(): Promise<void>;
}
