import type { Page } from 'playwright-core';

import type { ErrorCode } from '../../../shared/contracts/error-code.ts';
import type { Artifact, OutcomeInput } from '../../../shared/contracts/outcome.ts';
import type { SessionHost } from '../browser-session.ts';
import type { FrameRecord } from '../browser/frame-record.ts';
import type { Tab } from '../browser/tab.ts';
import type { UploadFolder } from '../browser/upload-folder.ts';

/** Ends a step with an outcome other than done. */
export class StepStop extends Error {
  readonly status: NonNullable<OutcomeInput['status']>;
  readonly code: ErrorCode;

  constructor(status: NonNullable<OutcomeInput['status']>, code: ErrorCode, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A target found in the page, fit to be touched. */
export interface Resolved {
  readonly frame: FrameRecord;
  readonly ref: number;
  /** Given for a point instead of a ref; `within` its frame's view. */
  readonly point?: { x: number; y: number; within: { x: number; y: number } };
  /** The ref as the plan names it, until a call has checked that it still means what was observed. */
  unchecked?: string | undefined;
}

/** Asked once the page is quiet after the act, to see whether it took. */
export interface Afterwards {
  readonly target: Resolved;
  /** Name of a function of the agent that takes a ref. */
  readonly name: 'fieldValue' | 'checkState';
  /** Input that was sent and not waited for, with the value that it changes. */
  readonly sent?: { readonly input: Promise<unknown>; readonly changesFrom: string };
  /** Throws when the act did not take. Not called when the target is gone. */
  judge(value: unknown): void;
  /** Asks once more where the page takes its time: pages change a switch by a timer or after an answer of their server. */
  later?(): Promise<unknown>;
}

export interface StepResult {
  data?: OutcomeInput['data'];
  artifacts?: Artifact[];
  usedSecret?: boolean;
  /** The target control, for `expect.value`. */
  target?: Resolved;
  /** Where a drag ended. */
  dropped?: Resolved;
  /** Frames of quiet to wait for: more after what may animate or re-render. */
  frames?: number;
  afterwards?: Afterwards;
  /** A link that saves a file was clicked. */
  saves?: boolean;
  /** Nothing was touched, so there is nothing to wait for. */
  looked?: boolean;
}

/** One act in progress. */
export interface Step {
  readonly host: SessionHost;
  readonly signal: AbortSignal | undefined;
  readonly masks: readonly string[];
  readonly uploads: UploadFolder;
  /** Digest of what a field holds. */
  readonly digest: (value: string) => string;
  /** Milliseconds left. */
  left(): number;
  tab(): Tab;
  /** Input is about to reach the page. */
  touch(): void;
  /** It was announced too early: nothing reached the page. */
  untouch(): void;
  resolve(target: string): Promise<Resolved>;
  /** The frame and element that have the focus. */
  focused(): Promise<Resolved>;
  call<Result>(target: Resolved, name: string, ...args: readonly unknown[]): Promise<Result>;
  /** Waits for facts of the page after the target was touched, within one step. */
  settle(target: Resolved): Promise<void>;
  tabs: {
    list(): { id: string; url: string; title: string; current: boolean }[];
    open(): Promise<Tab>;
    switch(id: string): Promise<void>;
    close(id: string): Promise<void>;
    /** A page of the same browser that is no tab. */
    aside(): Promise<Page>;
  };
}
