import { describeTransport } from './gemini-transport.contract.ts';
import type { RawPart } from './planning-event.ts';

/** Parts of the model's own turn: they may hold what tool calls do not, signatures for one. */
const frame = (
  part: RawPart,
): { serverContent: { modelTurn: { role: string; parts: RawPart[] } } } => ({
  serverContent: { modelTurn: { role: 'model', parts: [part] } },
});
const callOf = ({ action, ...args }: Record<string, unknown>, index: number): RawPart => ({
  functionCall: { id: `c${index}`, name: action, args },
});

describeTransport('Live', {
  options: { transportKind: 'live' },
  partsOf: (items) => items.map(callOf),
  answer: (parts) => ({
    frames: [
      ...parts.map((part) => JSON.stringify(frame(part))),
      { serverContent: { turnComplete: true } },
    ],
  }),
  garbage: {
    frames: [{ toolCall: { functionCalls: [{ id: 'c1', name: 'back', args: {} }] } }, '{nonsense'],
  },
});
