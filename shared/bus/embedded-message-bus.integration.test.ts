import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openEmbeddedMessageBus } from './embedded-message-bus.ts';
import type { MessageBus } from './message-bus.ts';
import { recorder, step, stepsTo, WELL_KNOWN } from './message-bus-harness.contract.ts';

describe('the embedded message bus between processes', () => {
  let dir: string;
  let bus: MessageBus;
  const children: ChildProcess[] = [];
  const file = () => join(dir, 'bus.db');
  const start = (program: string, ...args: string[]) => {
    const path = join(import.meta.dirname, '__fixtures__', program);
    const child = spawn(process.execPath, [path, file(), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rodex-bus-'));
    bus = openEmbeddedMessageBus({ file: file(), subscriptions: WELL_KNOWN });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await bus.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('brings a message again after its holder was killed, and not while it lives', async () => {
    const leaseMs = 1_500;
    const { child, lines } = start('handle-in-process.ts', String(leaseMs));
    const messageId = await bus.publish(step(1));
    expect((await lines.next()).value).toBe(`${messageId} 1`);
    const ear = recorder();
    await bus.subscribe(stepsTo('executor'), ear.handler);
    // A second message goes to whoever is free, so it says nothing; two leases of silence do.
    await new Promise((resolve) => {
      setTimeout(resolve, 2 * leaseMs);
    });
    expect(ear.got).toEqual([]);
    await kill(child);
    await ear.until(() => ear.got.length > 0);
    expect(ear.got[0]?.delivery).toMatchObject({ messageId, attempt: 2 });
  });

  it('sets a message aside that kills every process that takes it', async () => {
    const messageId = await bus.publish(step(1));
    for (const attempt of [1, 2]) {
      // Long enough to be renewed while the process lives, or it would take its own message again.
      const { child, lines } = start('handle-in-process.ts', '1500');
      expect((await lines.next()).value).toBe(`${messageId} ${attempt}`);
      await kill(child);
    }
    const ear = recorder();
    await bus.subscribe({ ...stepsTo('executor', 1), maxAttempts: 2 }, ear.handler);
    await bus.publish(step(2));
    await ear.until(() => ear.got.length > 0);
    const reason = expect.stringContaining('ended without an answer') as string;
    const aside = async (): Promise<void> =>
      expect(await bus.deadLetters('executor')).toMatchObject([{ messageId, reason }]);
    await vi.waitFor(aside, 20_000);
    await bus.close();
    expect(ear.got.map(({ message }) => message)).toEqual([step(2)]);
    bus = openEmbeddedMessageBus({ file: file() });
    await aside();
  });

  it('loses nothing that a publisher was told is published, when it is killed', async () => {
    const ear = recorder();
    await bus.subscribe(stepsTo('executor'), ear.handler);
    const published: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { child, lines } = start('publish-in-process.ts');
      for (let n = 0; n < 100; n += 1) published.push(String((await lines.next()).value));
      await kill(child);
    }
    const got = () => new Set(ear.got.map(({ delivery }) => delivery.messageId));
    await ear.until(() => published.every((id) => got().has(id)));
    expect(new Set(published).size).toBe(300);
  });
});
