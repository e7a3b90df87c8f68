import { setTimeout as delay } from 'node:timers/promises';

import { ProgramProcess, type Finished } from '../../../shared/testing/program-process.ts';

export type Kind = 'api' | 'planner' | 'executor' | 'scheduler';
export type Signal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';

/** What the program says of itself in its first line. */
interface Ready {
  readonly function: string;
  readonly url?: string;
  readonly holder?: string;
}

const READY = /\{"function":.*\}/;

/** One of the platform's processes: started again whenever it ends, until it is retired. */
export class Member {
  readonly kind: Kind;
  readonly name: string;
  /** Ends that nobody asked for, with what the program said. */
  readonly crashes: string[] = [];
  /** How long each SIGTERM took. */
  readonly exitMs: number[] = [];
  #env: Record<string, string>;
  #process: ProgramProcess | undefined;
  #ready: Ready | undefined;
  #asked: Signal | undefined;
  #stopped = false;
  #retired = false;
  #living: Promise<void> = Promise.resolve();

  constructor(kind: Kind, name: string, env: Readonly<Record<string, string>>) {
    this.kind = kind;
    this.name = name;
    this.#env = { ...env };
  }

  /** Name of the process that holds leases now. */
  get holder(): string | undefined {
    return this.#ready?.holder;
  }

  get url(): string | undefined {
    return this.#ready?.url;
  }

  /** It runs, and is neither told to end nor standing still. */
  get isUp(): boolean {
    return this.#ready !== undefined && this.#asked === undefined && !this.#stopped;
  }

  async start(): Promise<void> {
    const first = this.#launch();
    this.#living = this.#keepAlive(first);
    await first.output(READY);
  }

  #launch(): ProgramProcess {
    const program = new ProgramProcess(`functions/${this.kind}/main.ts`, [], this.#env);
    this.#process = program;
    this.#asked = undefined;
    program.output(READY).then(
      ([line]) => {
        this.#ready = JSON.parse(line) as Ready;
        // The next one answers where this one did.
        if (this.#ready.url !== undefined)
          this.#env = { ...this.#env, PORT: new URL(this.#ready.url).port };
      },
      () => undefined,
    );
    return program;
  }

  async #keepAlive(first: ProgramProcess): Promise<void> {
    let program = first;
    for (;;) {
      const end = await program.finished;
      this.#ready = undefined;
      this.#noteEnd(end);
      if (this.#retired) return;
      await delay(50 + Math.random() * 500);
      if (this.#retired) return;
      program = this.#launch();
    }
  }

  #noteEnd({ code, signal, stderr }: Finished): void {
    const expected =
      this.#asked === 'SIGKILL' ? signal === 'SIGKILL' : this.#asked === 'SIGTERM' && code === 0;
    if (!expected)
      this.crashes.push(
        `${this.name} ended with ${signal ?? code} after ${this.#asked ?? 'nothing'}: ${stderr.slice(-600)}`,
      );
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    const program = this.#process;
    if (!program) return;
    this.#asked = 'SIGKILL';
    await program.stop('SIGKILL');
  }

  async terminate(): Promise<void> {
    const program = this.#process;
    if (!program) return;
    this.#asked = 'SIGTERM';
    const started = performance.now();
    await program.stop('SIGTERM');
    this.exitMs.push(Math.round(performance.now() - started));
  }

  /** Stands still for a while; ends when it goes on. */
  async suspend(ms: number): Promise<void> {
    const program = this.#process;
    if (!program) return;
    this.#stopped = true;
    program.child.kill('SIGSTOP');
    await delay(ms);
    program.child.kill('SIGCONT');
    this.#stopped = false;
  }

  async retire(): Promise<void> {
    this.#retired = true;
    const program = this.#process;
    if (program && program.child.exitCode === null && program.child.signalCode === null) {
      // What has just been started cannot end in order yet.
      await program.output(READY).catch(() => undefined);
      await this.terminate();
    }
    await this.#living;
  }
}
