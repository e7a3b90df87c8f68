import { text } from 'node:stream/consumers';

import { read } from 'read';

import { AppError } from '../../shared/core/errors.ts';

/** From a hidden prompt or from standard input, never from an argument: arguments are seen by every process of the machine. */
export async function readHidden(prompt: string): Promise<string> {
  const value = process.stdin.isTTY
    ? await read({ prompt, silent: true, output: process.stderr })
    : (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '')
    throw new AppError('invalid_request', 'the value is empty; type it, or pipe it in');
  return value;
}
