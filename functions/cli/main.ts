import { CommanderError } from 'commander';

import { readConfig, type Config } from '../../shared/core/config.ts';
import { exitStatus } from '../../shared/core/error-table.ts';
import { AppError } from '../../shared/core/errors.ts';
import { createProgram, errorText } from './program.ts';

const interrupted = new AbortController();
let signals = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    signals += 1;
    interrupted.abort(new AppError('interrupted', `stopped by ${name}`));
    if (signals > 1) process.exit(exitStatus('interrupted'));
    process.stderr.write('\nstopping (again to stop at once)…\n');
  });
// The reader of a pipe may leave early (rodex runs | head): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

let config: Config | undefined;
let status = 0;
const program = createProgram({
  config: () => (config ??= readConfig()),
  signal: interrupted.signal,
  done: (result) => {
    status = result;
  },
});
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError)
    status = error.exitCode === 0 ? 0 : exitStatus('invalid_request');
  else {
    const problem = AppError.from(error);
    process.stderr.write(errorText(problem, config?.logLevel === 'debug'));
    status = exitStatus(problem.code);
  }
}
process.exitCode = status;
// Nothing may keep a finished command alive; the streams are flushed first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
