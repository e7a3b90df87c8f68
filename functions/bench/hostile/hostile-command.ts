import { parseArgs } from 'node:util';

import { exitStatus } from '../../../shared/core/error-table.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { GROUPS, type Group } from './hostile-case.ts';
import { playHostile, type HostileOptions, type HostileResult } from './hostile.ts';
import { MUTATIONS } from './mutations.ts';
import { inNamespace } from './namespace.ts';
import { PLANNERS, type PlannerKind } from './world.ts';

export const HOSTILE_USAGE = `usage: npm run hostile -- [--json] [--sample 10%] [--seed S] [--only GROUP,…] [--planner NAME] [--match TEXT,…]
       npm run hostile -- --mutate [--json]   the product without one protection at a time: each must be noticed
  GROUP: ${GROUPS.join(', ')}; NAME: ${PLANNERS.join(', ')}; TEXT: part of a case's id
  A sample takes that share of each kind of case, at least one; the seed says which.
`;

function shareOf(text: string): number {
  const share = Number(text.replace(/%$/, '')) / (text.endsWith('%') ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new AppError('invalid_request', `--sample ${text}: give a share such as 10% or 0.1`);
}

function oneOf<Name extends string>(option: string, text: string, names: readonly Name[]): Name[] {
  return text.split(',').map((part) => {
    const name = names.find((each) => each === part);
    if (name) return name;
    throw new AppError('invalid_request', `${option} ${part}: give one of ${names.join(', ')}`);
  });
}

/** Exit status 0 when everything held, or each mutant was noticed. */
export async function hostileCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sample: { type: 'string', default: '100%' },
      seed: { type: 'string' },
      only: { type: 'string' },
      planner: { type: 'string' },
      match: { type: 'string' },
      mutate: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
      'inside-namespace': { type: 'boolean' },
    },
  });
  const seed =
    values.seed === undefined ? Math.trunc(Date.now() / 1_000) % 1e6 : Number(values.seed);
  if (values.help || !Number.isInteger(seed) || seed < 0) {
    process.stderr.write(HOSTILE_USAGE);
    return values.help ? 0 : exitStatus('invalid_request');
  }
  const only: readonly Group[] | undefined =
    values.only === undefined ? undefined : oneOf('--only', values.only, GROUPS);
  const planners: readonly PlannerKind[] | undefined =
    values.planner === undefined ? undefined : oneOf('--planner', values.planner, PLANNERS);
  const options: HostileOptions = {
    sample: shareOf(values.sample),
    seed,
    ...(only && { only }),
    ...(planners && { planners }),
    ...(values.match !== undefined && { match: values.match.split(',') }),
    note: (text) => process.stderr.write(`${text}\n`),
  };
  const outside = await inNamespace(args);
  if (outside !== undefined) return outside;
  const print = (value: unknown, text: string): void =>
    void process.stdout.write(values.json ? `${JSON.stringify(value)}\n` : text);
  if (values.mutate) return mutate(options, print);
  const result = await playHostile(options);
  print(result, tableOf(result));
  return result.broken.length === 0 && result.tried > 0 ? 0 : 1;
}

function tableOf({ tried, held, broken, groups, seed, seconds }: HostileResult): string {
  const lines = Object.entries(groups).map(
    ([group, counts]) => `${group.padEnd(10)} ${counts.held} of ${counts.tried} held`,
  );
  return `${lines.join('\n')}\n${tried} tried, ${held} held, ${broken.length} broken in ${seconds} s (seed ${seed})\n`;
}

async function mutate(
  options: HostileOptions,
  print: (value: unknown, text: string) => void,
): Promise<number> {
  const noticed: Record<string, readonly string[]> = {};
  for (const [name, mutation] of Object.entries(MUTATIONS)) {
    const { broken, tried } = await playHostile({
      ...options,
      mutation,
      stopAtFirst: true,
      // Who obeys the attacker notices most.
      planners: options.planners ?? PLANNERS.toReversed(),
      only: options.only ?? mutation.groups,
      note: () => undefined,
    });
    noticed[name] = broken.map(({ id, why }) => `${id}: ${why.slice(0, 200)}`);
    options.note(
      `${name}: ${broken.length > 0 ? `noticed by ${broken[0]?.id} after ${tried} cases` : `NOT NOTICED in ${tried} cases`}`,
    );
  }
  const missed = Object.keys(noticed).filter((name) => noticed[name]?.length === 0);
  print({ mutants: Object.keys(noticed).length, noticed, missed, seed: options.seed }, '');
  return missed.length === 0 ? 0 : 1;
}
