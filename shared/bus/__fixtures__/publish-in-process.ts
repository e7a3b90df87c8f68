// Publishes step 1-0, 1-1, … for ever, printing each id once it is durable, until it is killed.
import { openEmbeddedMessageBus } from '../embedded-message-bus.ts';
import { step } from '../message-bus-harness.contract.ts';

const bus = openEmbeddedMessageBus({ file: process.argv[2] ?? '' });
for (let n = 0; ; n += 1) {
  process.stdout.write(`${await bus.publish(step(n))}\n`);
  // Lets the pipe be written, so that what was printed is what was published.
  await new Promise(setImmediate);
}
