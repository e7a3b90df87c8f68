import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A TypeScript program of this repository as a process of its own. */
export class ProgramProcess {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  #stdout = '';
  #stderr = '';
  readonly #listeners = new Set<() => void>();

  constructor(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    input?: string,
  ) {
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(process.execPath, [`${root}${program}`, ...args], {
      env: { PATH, HOME, NO_COLOR: '1', ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.child.stdin?.end(input);
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      this.#changed();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      this.#changed();
    });
    this.finished = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#changed();
      });
    });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves with the match once either stream holds it; rejects when the program ends without it. */
  async output(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
        const over = this.child.exitCode !== null || this.child.signalCode !== null;
        if (!match && !over) return;
        this.#listeners.delete(look);
        if (match) resolve(match);
        else
          reject(
            new Error(`the program ended without ${pattern}:\n${this.#stdout}\n${this.#stderr}`),
          );
      };
      this.#listeners.add(look);
      look();
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.child.kill(signal);
    return this.finished;
  }
}
