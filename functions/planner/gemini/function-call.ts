import type { RawPart } from './planning-event.ts';

export interface FunctionCall {
  readonly id?: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export function functionCallOf(part: RawPart): FunctionCall | undefined {
  const call = part['functionCall'] as Partial<FunctionCall> | undefined;
  if (typeof call !== 'object' || call === null || typeof call.name !== 'string') return undefined;
  const args = typeof call.args === 'object' && call.args !== null ? call.args : {};
  return { name: call.name, args, ...(typeof call.id === 'string' && { id: call.id }) };
}
