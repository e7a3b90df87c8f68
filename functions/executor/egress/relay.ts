import type { Readable, Writable } from 'node:stream';

/** Copies chunks while `mayPass` says so of each; the first that may not pass ends both sides. */
export function relay(
  from: Readable,
  to: Writable,
  mayPass: (chunk: Buffer) => boolean,
  cut: () => void,
): void {
  from.on('data', (chunk: Buffer) => {
    if (!mayPass(chunk)) {
      cut();
      return;
    }
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
}
