import { describeTransport } from './gemini-transport.contract.ts';
import type { RawPart } from './planning-event.ts';

const event = (parts: readonly RawPart[], finishReason?: string): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { parts }, ...(finishReason !== undefined && { finishReason }) }] })}\r\n\r\n`;
const answer = (parts: readonly RawPart[]): { raw: string[] } => ({
  raw: [...parts.map((part) => event([part])), event([], 'STOP')],
});

describeTransport('SSE with plans as JSON', {
  options: { planning: { form: 'json' } },
  /** The document's brackets go with its first and last item. */
  partsOf: (items) =>
    items.map((item, index) => ({
      text: `${index === 0 ? '{"steps":[' : ','}${JSON.stringify(item)}${index === items.length - 1 ? ']}' : ''}`,
    })),
  answer,
  garbage: { raw: `${event([{ text: '{"steps":[{"action":"back"}' }])}data: {nonsense\r\n\r\n` },
});

const callOf = ({ action, ...args }: Record<string, unknown>, index: number): RawPart => ({
  functionCall: { id: `c${index}`, name: action, args },
});
describeTransport('SSE with plans as calls', {
  options: { planning: { form: 'calls' } },
  partsOf: (items) => items.map(callOf),
  answer,
  garbage: { raw: `${event([callOf({ action: 'back' }, 1)])}<html>\r\n\r\n` },
});
