import { expect, it } from 'vitest';

import { tenantLogPath } from '../contracts/paths.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { systemClock } from '../core/clock.ts';
import { openMemoryStateStore } from '../testing/memory-state-store.ts';
import { recordConfig } from './config-record.ts';

it('records what differs from the last time, and of credentials only that they are set', async () => {
  const store = openMemoryStateStore();
  const record = async (config: Readonly<Record<string, unknown>>) =>
    recordConfig({ store, clock: systemClock }, 'a', 'platform', config);
  const first = { slots: 4, gemini: { model: 'm', apiKey: 'AIza-not-to-be-seen' }, url: undefined };
  await record(first);
  await record(first);
  await record({ ...first, slots: 8 });
  await record({ slots: 8, gemini: { model: 'm' } });
  // Another component has settings of its own.
  await recordConfig({ store, clock: systemClock }, 'a', 'api', { slots: 8, port: 8080 });
  await record({ slots: 8, gemini: { model: 'm' }, port: 1 });
  const events = (await store.query<StoredLogEntry>({ collection: tenantLogPath('a') })).map(
    ({ data }) => data.event,
  );
  expect(
    events.map((event) => (event?.type === 'config.changed' ? Object.keys(event.changed) : [])),
  ).toEqual([['slots', 'gemini.model', 'gemini.apiKey'], ['slots'], ['gemini.apiKey'], ['slots']]);
  expect(events[0]).toMatchObject({ changed: { 'gemini.apiKey': 'set' } });
  expect(events[2]).toMatchObject({ changed: { 'gemini.apiKey': 'unset' } });
  expect(JSON.stringify(events)).not.toContain('AIza');
});
