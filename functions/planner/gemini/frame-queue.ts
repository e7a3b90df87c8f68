/** Frames between a socket that pushes and a reader that pulls. */
export interface FrameQueue<T> {
  push(frame: T): void;
  /** No more frames; with an error, that is what the reader gets once it has read what came before. */
  end(error?: Error): void;
  /** Undefined at the end. */
  next(): Promise<T | undefined>;
}

/** Tells the socket to rest while the reader lags, so that what nobody reads stays on the other side. */
export function createFrameQueue<T>(
  maxWaiting: number,
  socket: { pause(): void; resume(): void },
): FrameQueue<T> {
  const frames: T[] = [];
  const state: { ended?: { error: Error | undefined } } = {};
  let wake: (() => void) | undefined;
  return {
    push(frame) {
      if (state.ended) return;
      frames.push(frame);
      if (frames.length === maxWaiting) socket.pause();
      wake?.();
    },
    end(error) {
      state.ended ??= { error };
      wake?.();
    },
    async next() {
      while (frames.length === 0 && !state.ended) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
      const frame = frames.shift();
      if (frame !== undefined) {
        if (frames.length === maxWaiting - 1) socket.resume();
        return frame;
      }
      if (state.ended?.error) throw state.ended.error;
      return undefined;
    },
  };
}
