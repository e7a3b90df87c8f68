import { wireEvent, type ByteScript } from './byte-stream.ts';

export const ITEMS = [{ action: 'back', why: 'é漢😀z' }, { action: 'forward' }, { action: 'reload' }];
export const TEXTS = [
  '{"steps":[{"action":"back","why":"é漢😀z"},',
  '{"action":"forward"},',
  '{"action":"reload"}',
  ']}',
];
export const EVENTS = TEXTS.map((text, index) =>
  wireEvent(text, { tokens: 5 * (index + 1), ...(index === 3 && { finishReason: 'STOP' }) }),
);
export const STREAM = EVENTS.join('');
export const one = (text: string): ByteScript => ({ bytes: [text] });
export const split = (text: string): ByteScript => ({
  bytes: Array.from(new TextEncoder().encode(text), (byte) => Uint8Array.of(byte)),
});
export const withEnds = (end: string): string => STREAM.replaceAll('\n\n', end);
export const overloaded = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };

