// A subscriber in a process of its own that takes messages and answers none; prints a line for each.
import { openEmbeddedMessageBus } from '../embedded-message-bus.ts';

const [file = '', leaseMs = ''] = process.argv.slice(2);
const bus = openEmbeddedMessageBus({ file });
await bus.subscribe(
  { subscription: 'executor', topic: 'rodex-steps', maxInFlight: 10, leaseMs: Number(leaseMs) },
  async (_, { messageId, attempt }) => {
    process.stdout.write(`${messageId} ${attempt}\n`);
    await new Promise(() => undefined);
  },
);
