import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { AppError } from '../../../shared/core/errors.ts';

interface Answer {
  readonly id?: number;
  readonly result?: { isError?: boolean; content?: { type: string; text?: string }[] };
  readonly error?: { message: string };
}

const ANSWER_MS = 60_000;

/** A server of the Model Context Protocol as a child process: JSON-RPC, one message a line. */
export class McpClient {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #sent = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => {
        const answer = JSON.parse(line) as Answer;
        if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
      });
    child.on('exit', (status) => {
      for (const settle of this.#waiting.values())
        settle({ error: { message: `the server ended with status ${status}` } });
    });
  }

  static async start(command: string, args: readonly string[], cwd: string): Promise<McpClient> {
    const child = spawn(command, [...args], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
    await once(child, 'spawn');
    const client = new McpClient(child);
    await client.#ask('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'rodex-bench', version: '1' },
    });
    client.#write({ method: 'notifications/initialized' });
    return client;
  }

  #write(message: object): void {
    this.#child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  async #ask(method: string, params: object): Promise<NonNullable<Answer['result']>> {
    this.#sent += 1;
    const id = this.#sent;
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      timer = setTimeout(
        () => resolve({ error: { message: `no answer in ${ANSWER_MS / 1_000} s` } }),
        ANSWER_MS,
      );
      this.#write({ id, method, params });
    });
    clearTimeout(timer);
    this.#waiting.delete(id);
    if (answer.error) throw new AppError('internal', `${method}: ${answer.error.message}`);
    return answer.result ?? {};
  }

  /** The text that a tool answers with. */
  async call(name: string, args: object): Promise<string> {
    const { content = [], isError } = await this.#ask('tools/call', { name, arguments: args });
    const text = content.map((part) => part.text ?? '').join('\n');
    if (isError) throw new AppError('internal', `${name}: ${text.slice(0, 300)}`);
    return text;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  }
}
