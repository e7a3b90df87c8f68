import type { HumanRequest } from '../../shared/contracts/run.ts';
import { plain } from './terminal-text.ts';

const NAMES: readonly (readonly [key: string, shown: string])[] = [
  ['effect', 'class'],
  ['control', 'control'],
  ['request', 'request'],
  ['for', 'sent as'],
  ['near', 'beside'],
  ['origin', 'site'],
  ['url', 'page'],
  ['target', 'sends to'],
  ['amounts', 'amount'],
  ['body', 'body'],
  ['act', 'act'],
  ['screenshot', 'picture'],
];

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(text).join(', ') : JSON.stringify(value);
}

/** What a person who decides has to know, line by line: facts that the executor saw. All of it may come from a page. */
export function describeRequest({ facts }: HumanRequest): string[] {
  const lines = NAMES.flatMap(([key, shown]) =>
    facts[key] === undefined ? [] : [`${`${shown}:`.padEnd(10)} ${plain(text(facts[key]), 300)}`],
  );
  const fields = Array.isArray(facts['fields']) ? facts['fields'] : [];
  for (const field of fields.slice(0, 20)) {
    const { label, value } = field as { label?: unknown; value?: unknown };
    lines.push(`  ${plain(text(label), 40).padEnd(24)} ${plain(text(value), 120)}`);
  }
  if (fields.length > 20) lines.push(`  and ${fields.length - 20} more fields`);
  return lines;
}
