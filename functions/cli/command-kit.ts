import { type Command, InvalidArgumentError, Option } from 'commander';

import type { Config } from '../../shared/core/config.ts';
import { contextOf, type CommandContext } from './session.ts';

export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`A whole number from ${min} to ${max}.`);
    return value;
  };
export const portNumber = wholeNumber(0, 65_535);

/** For options that may be given more than once. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];

export interface ProgramOptions {
  readonly config: () => Config;
  readonly signal: AbortSignal;
  /** Told the exit status of the command that ran. */
  readonly done: (status: number) => void;
}

type Work<Arguments extends unknown[]> = (
  context: CommandContext,
  ...rest: Arguments
) => Promise<number>;

/** What a group of commands is registered with. */
export interface CommandKit {
  readonly program: Command;
  /** Each command brings its own imports: `rodex runs` need not load a browser. */
  readonly act: <Arguments extends unknown[]>(
    load: () => Promise<Work<Arguments>>,
  ) => (...rest: [...Arguments, ...unknown[]]) => Promise<void>;
  readonly json: () => Option;
}

export function commandKit(program: Command, { config, signal, done }: ProgramOptions): CommandKit {
  const act =
    <Arguments extends unknown[]>(load: () => Promise<Work<Arguments>>) =>
    async (...rest: [...Arguments, ...unknown[]]): Promise<void> => {
      const options = rest.at(-2) as { json?: boolean };
      const context = contextOf(config(), { json: options.json ?? false, signal });
      const work = await load();
      done(await work(context, ...(rest as unknown as Arguments)));
    };
  const json = (): Option =>
    new Option('--json', 'print JSON on stdout, everything else on stderr');
  return { program, act, json };
}
