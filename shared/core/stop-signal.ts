/** Resolves with the first SIGINT or SIGTERM that the process is sent; a second one ends it at once, as without a handler. */
export async function stopSignal(
  process: Pick<NodeJS.Process, 'once' | 'removeListener'>,
): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const names = ['SIGINT', 'SIGTERM'] as const;
    const stop = (name: NodeJS.Signals): void => {
      for (const each of names) process.removeListener(each, stop);
      resolve(name);
    };
    for (const name of names) process.once(name, stop);
  });
}
