import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';

import { AppError } from '../../../shared/core/errors.ts';

export interface FunctionProcessOptions {
  /** A folder of `functions/`. */
  readonly name: string;
  /** Beside what this process was given. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lines that it writes on standard error. */
  readonly onLine: (line: string) => void;
  /** It ended without being told to. */
  readonly onEnd: (why: string) => void;
}

/** Compiled, this file and the functions beside it are JavaScript. */
const EXTENSION = extname(import.meta.filename);
const FUNCTIONS = join(import.meta.dirname, '../..');

/** One function as a process of its own. */
export class FunctionProcess {
  /** What it said when it was ready. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly pid: number;
  readonly #child: ChildProcess;
  #told = false;

  private constructor(child: ChildProcess, about: Readonly<Record<string, unknown>>) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.about = about;
  }

  /** Resolves when it is ready. Errors: `invalid_config` with what it said, when it ends instead. */
  static async start(options: FunctionProcessOptions): Promise<FunctionProcess> {
    const { name, environment, onLine, onEnd } = options;
    const program = join(FUNCTIONS, name, `main${EXTENSION}`);
    const variables = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
    const child = spawn('env', [...variables, process.execPath, program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (said.length < 50) said.push(line);
      onLine(line);
    });
    const first = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const ready = await Promise.race([first, ended.then(() => undefined)]);
    if (!ready)
      throw new AppError(
        'invalid_config',
        `${name} did not start: ${said.join('\n') || 'it said nothing'}`,
      );
    const started = new FunctionProcess(child, JSON.parse(ready[0]) as Record<string, unknown>);
    void ended.then(([code, signal]) => {
      if (!started.#told) onEnd(signal ?? `status ${code}`);
    });
    return started;
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#told = true;
    await this.#end(signal);
  }

  /** As if it had died by itself. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}
