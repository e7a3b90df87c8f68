import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { verifyChain } from '../audit/log-chain.ts';
import { applyEntry } from '../runs/run-machine.ts';
import { CATALOG } from './catalog.ts';
import { LogEntry, LogEvent } from './log-entry.ts';
import { Run } from './run.ts';

const golden = (version: string, name: string): unknown[] =>
  JSON.parse(
    readFileSync(new URL(`__fixtures__/${version}/${name}.json`, import.meta.url), 'utf8'),
  ) as unknown[];

/** What was written by a release stays readable for ever: these files are added to, never edited. */
describe.each(['v1'])('documents and messages of schema %s', (version) => {
  it.each(Object.entries(CATALOG))('%s parses', (name, schema) => {
    const documents = golden(version, name);
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents) {
      const parsed = schema.parse(document);
      // Nothing that was stored may be dropped or changed in reading; defaults may be added.
      expect(parsed).toMatchObject(document as object);
    }
  });

  it.each(Object.entries(CATALOG))('%s refuses a field that it does not know', (name, schema) => {
    const [first] = golden(version, name);
    expect(schema.safeParse({ ...(first as object), surprise: 1 }).success).toBe(false);
  });

  it('has an example of every schema and of every event', () => {
    const files = readdirSync(new URL(`__fixtures__/${version}`, import.meta.url));
    expect(files.toSorted()).toEqual(
      Object.keys(CATALOG)
        .map((name) => `${name}.json`)
        .toSorted(),
    );
    const types = [
      ...golden(version, 'log-entry').map((entry) => LogEntry.parse(entry).event.type),
      ...golden(version, 'log-event').map((event) => LogEvent.parse(event).type),
    ];
    const all = LogEvent.options.map((option) => option.shape.type.value);
    expect(new Set(types)).toEqual(new Set(all));
  });

  it('still verifies a log of that release, and rebuilds the run that it adds up to', async () => {
    const entries = golden(version, 'log-entry').map((entry) => LogEntry.parse(entry));
    expect(await verifyChain(golden(version, 'log-entry'))).toMatchObject({
      ok: true,
      entries: entries.length,
    });
    const rebuilt = entries.reduce<Run | undefined>(
      (run, entry) => applyEntry(run, entry),
      undefined,
    );
    expect(rebuilt).toEqual(Run.parse(golden(version, 'run')[0]));
  });
});
