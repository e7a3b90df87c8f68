import { parseArgs } from 'node:util';

import { exitStatus } from '../../shared/core/error-table.ts';
import { AppError } from '../../shared/core/errors.ts';
import { tableOf, type BenchOptions, type BenchResult } from './bench-result.ts';
import { chaosCommand, CHAOS_USAGE } from './chaos-command.ts';
import { benchObserve } from './observe.ts';
import { benchSteps } from './steps.ts';
import { benchStream } from './stream.ts';
import { benchThroughput } from './throughput.ts';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<BenchResult>>> = {
  observe: benchObserve,
  steps: benchSteps,
  stream: benchStream,
  throughput: benchThroughput,
};
const HANDICAP_MS = 50;

const USAGE = `usage: npm run bench -- NAME [--json] [--repeat N] [--handicap]\n  NAME: ${Object.keys(BENCHES).join(', ')}\n  --handicap slows each of our steps by ${HANDICAP_MS} ms; its targets must then be missed\n`;

async function benchCommand(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      handicap: { type: 'boolean' },
      repeat: { type: 'string', default: '7' },
      help: { type: 'boolean' },
    },
  });
  const bench = BENCHES[positionals[0] ?? ''];
  const repeat = Number(values.repeat);
  if (values.help || !bench || !Number.isInteger(repeat) || repeat < 1) {
    process.stderr.write(USAGE);
    return values.help ? 0 : exitStatus('invalid_request');
  }
  const result = await bench({
    repeat,
    handicapMs: values.handicap ? HANDICAP_MS : 0,
    note: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${tableOf(result)}\n`);
  return 0;
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === 'bench') return benchCommand(args);
  if (command === 'chaos') return chaosCommand(args);
  process.stderr.write(USAGE + CHAOS_USAGE);
  return exitStatus('invalid_request');
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const { code, message, stack } = AppError.from(error);
  process.stderr.write(`bench: ${code}: ${code === 'internal' ? stack : message}\n`);
  return exitStatus(code);
});
