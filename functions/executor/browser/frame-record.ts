import type { CdpChannel } from './cdp-channel.ts';

export interface FrameRecord {
  readonly id: string;
  /** 0 for the main frame, else N of `fN`. */
  readonly number: number;
  channel: CdpChannel;
  parent: FrameRecord | undefined;
  /** Ref of the frame element in the parent's document. */
  owner: number | undefined;
  context: number | undefined;
  /** The world that is being made. */
  opening: Promise<number> | undefined;
  next: number;
  url: string;
}

/** The document that was spoken to is gone. */
export class DocumentGone extends Error {}
/** The element that was spoken of is gone. */
export class ElementGone extends Error {}

/** What the browser says of a document, frame or page that is no more. */
export const isGone = (message: string): boolean =>
  /context|navigated or closed|Target closed|No frame|not found|detached|Session closed|has been closed/i.test(
    message,
  );
