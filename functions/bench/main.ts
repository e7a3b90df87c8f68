import { parseArgs } from 'node:util';

import { exitStatus } from '../../shared/core/error-table.ts';
import { AppError } from '../../shared/core/errors.ts';
import { tableOf, type BenchOptions, type BenchResult } from './bench-result.ts';

// Each brings its own imports: a simulation need not load a browser.
const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<BenchResult>>> = {
  audit: async (options) => (await import('./audit.ts')).benchAudit(options),
  cloud: async (options) => (await import('./cloud.ts')).benchCloud(options),
  api: async (options) => (await import('./api.ts')).benchApi(options),
  gate: async (options) => (await import('./gate.ts')).benchGate(options),
  gallery: async (options) => (await import('./gallery/gallery.ts')).benchGallery(options),
  durability: async (options) => (await import('./durability.ts')).benchDurability(options),
  observe: async (options) => (await import('./observe.ts')).benchObserve(options),
  proxy: async (options) => (await import('./proxy.ts')).benchProxy(options),
  steps: async (options) => (await import('./steps.ts')).benchSteps(options),
  stream: async (options) => (await import('./stream.ts')).benchStream(options),
  throughput: async (options) => (await import('./throughput.ts')).benchThroughput(options),
};
const HANDICAP_MS = 50;

const USAGE = `usage: npm run bench -- NAME [--json] [--repeat N] [--only PAGE] [--handicap]\n  NAME: ${Object.keys(BENCHES).join(', ')}\n  --handicap slows each of our steps by ${HANDICAP_MS} ms; its targets must then be missed\n`;

async function benchCommand(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      handicap: { type: 'boolean' },
      repeat: { type: 'string', default: '7' },
      only: { type: 'string' },
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
    ...(values.only !== undefined && { only: values.only }),
    note: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${tableOf(result)}\n`);
  return 0;
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === 'bench') return benchCommand(args);
  if (command === 'chaos') return (await import('./chaos-command.ts')).chaosCommand(args);
  if (command === 'hostile')
    return (await import('./hostile/hostile-command.ts')).hostileCommand(args);
  process.stderr.write(`${USAGE}also: npm run chaos -- --help, npm run hostile -- --help\n`);
  return exitStatus('invalid_request');
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const { code, message, stack } = AppError.from(error);
  process.stderr.write(`bench: ${code}: ${code === 'internal' ? stack : message}\n`);
  return exitStatus(code);
});
