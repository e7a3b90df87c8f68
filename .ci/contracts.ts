// Writes docs/contracts/<name>.schema.json from the zod schemas; contracts.test.ts fails on drift.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { CATALOG } from '../shared/contracts/catalog.ts';

const FOLDER = resolve(import.meta.dirname, '../docs/contracts');
const SUFFIX = '.schema.json';

export function renderContracts(): Map<string, string> {
  return new Map(
    Object.entries(CATALOG).map(([name, schema]) => [
      `${name}${SUFFIX}`,
      `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`,
    ]),
  );
}

export function listContracts(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(SUFFIX))
    .toSorted();
}

export function contractPath(name: string): string {
  return join(FOLDER, name);
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of listContracts()) rmSync(contractPath(name));
  const rendered = renderContracts();
  for (const [name, text] of rendered) writeFileSync(contractPath(name), text);
  console.log(`docs/contracts: ${rendered.size} schemas`);
}
