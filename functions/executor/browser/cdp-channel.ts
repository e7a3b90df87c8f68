import type { CDPSession } from 'playwright-core';

type Params = Record<string, unknown>;
// oxlint-disable-next-line typescript/no-explicit-any -- the protocol's events are checked where they are used
type Handler = (event: any) => void;

/** One DevTools session: of a page, or of a frame in its own process below a page. */
export interface CdpChannel {
  readonly id: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  send<Result = any>(method: string, params?: Params): Promise<Result>;
  on(event: string, handler: Handler): void;
  readonly closed: boolean;
}

/** A page's session through Playwright's public door. */
export function rootChannel(session: CDPSession): CdpChannel {
  let closed = false;
  session.on('close', () => {
    closed = true;
  });
  return {
    id: 'root',
    send: (method, params = {}) => session.send(method as 'Page.enable', params) as Promise<never>,
    on: (event, handler) => void session.on(event as 'Page.frameNavigated', handler),
    get closed() {
      return closed;
    },
  };
}

class NestedChannel implements CdpChannel {
  readonly id: string;
  closed = false;
  readonly #parent: CdpChannel;
  #sent = 0;
  readonly #waiting = new Map<
    number,
    { resolve: (result: never) => void; reject: (error: Error) => void; method: string }
  >();
  readonly #handlers = new Map<string, Handler[]>();

  constructor(parent: CdpChannel, id: string) {
    this.#parent = parent;
    this.id = id;
  }

  send<Result>(method: string, params: Params = {}): Promise<Result> {
    if (this.closed) return Promise.reject(new Error(`${method}: Target closed`));
    const id = ++this.#sent;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, method });
      this.#parent
        .send('Target.sendMessageToTarget', {
          sessionId: this.id,
          message: JSON.stringify({ id, method, params }),
        })
        .catch(reject);
    });
  }

  on(event: string, handler: Handler): void {
    const handlers = this.#handlers.get(event) ?? [];
    handlers.push(handler);
    this.#handlers.set(event, handlers);
  }

  receive(text: string): void {
    const message = JSON.parse(text) as {
      id?: number;
      method?: string;
      params?: unknown;
      result?: unknown;
      error?: { message: string };
    };
    if (message.id === undefined) {
      for (const handler of this.#handlers.get(message.method ?? '') ?? []) handler(message.params);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) waiting?.reject(new Error(`${waiting.method}: ${message.error.message}`));
    else waiting?.resolve(message.result as never);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const handler of this.#handlers.get('Inspector.detached') ?? []) handler({});
    for (const { reject, method } of this.#waiting.values())
      reject(new Error(`${method}: Target closed`));
    this.#waiting.clear();
  }
}

export interface AttachedTarget {
  readonly targetId: string;
  readonly type: string;
  readonly url: string;
  readonly browserContextId?: string;
}

/**
 * Attaches to the targets below a channel while they are still paused, so that what is set up holds before their first request and
 * script. `arm` must end with resuming them.
 */
export async function attachBelow(
  parent: CdpChannel,
  types: readonly string[],
  arm: (channel: CdpChannel, target: AttachedTarget) => Promise<void>,
  gone: (channel: CdpChannel, target: AttachedTarget) => void = () => undefined,
): Promise<void> {
  const nested = new Map<string, { channel: NestedChannel; target: AttachedTarget }>();
  parent.on(
    'Target.attachedToTarget',
    (event: { sessionId: string; targetInfo: AttachedTarget }) => {
      const channel = new NestedChannel(parent, event.sessionId);
      nested.set(event.sessionId, { channel, target: event.targetInfo });
      arm(channel, event.targetInfo)
        .catch(() => undefined)
        .finally(() => void channel.send('Runtime.runIfWaitingForDebugger').catch(() => undefined));
    },
  );
  parent.on('Target.receivedMessageFromTarget', (event: { sessionId: string; message: string }) =>
    nested.get(event.sessionId)?.channel.receive(event.message),
  );
  parent.on('Target.detachedFromTarget', (event: { sessionId: string }) => {
    const entry = nested.get(event.sessionId);
    nested.delete(event.sessionId);
    entry?.channel.close();
    if (entry) gone(entry.channel, entry.target);
  });
  await parent.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: true,
    flatten: false,
    filter: types.map((type) => ({ type })),
  });
}
