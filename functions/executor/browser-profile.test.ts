import { expect, it } from 'vitest';

import type { Run } from '../../shared/contracts/run.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import { loadProfile, saveProfile } from './browser-profile.ts';

const cookie = (domain: string, value = 'v'): object => ({ name: 'sid', value, domain, path: '/' });
const origin = (text: string): object => ({
  origin: text,
  localStorage: [{ name: 'k', value: 'v' }],
});

function memoryArtifacts(): ArtifactStore & { encrypted: boolean[] } {
  const files = new Map<string, Uint8Array>();
  const encrypted: boolean[] = [];
  return {
    encrypted,
    put: async (tenant, run, name, content, options) => {
      encrypted.push(options.encrypted ?? false);
      files.set(`${tenant}/${run}/${name}`, content as Uint8Array);
      return { name, bytes: 1, digest: '', mediaType: options.mediaType };
    },
    get: async (tenant, run, name) => {
      const content = files.get(`${tenant}/${run}/${name}`);
      if (!content) throw new AppError('not_found', name);
      return { metadata: { name, bytes: 1, digest: '', mediaType: '' }, content };
    },
    list: async () => [],
    link: async () => undefined,
    removeRun: async () => undefined,
  };
}

const runOf = (
  navigate: readonly (string | { suffix: string })[],
  tenantId = 'acme',
  profile: string | null = 'office',
): Run =>
  ({
    tenantId,
    contract: TaskContract.parse({ navigate, browser: profile === null ? {} : { profile } }),
  }) as Run;

const A = 'https://a.example';
const state = {
  url: A,
  storage: {
    cookies: [cookie('a.example', 'of-a'), cookie('.example.org'), cookie('b.example')],
    origins: [origin(A), origin('https://b.example')],
  },
};

it('keeps what belongs to the sites of the contract, encrypted, and gives it to the next run', async () => {
  const artifacts = memoryArtifacts();
  await saveProfile(artifacts, runOf([A, 'https://app.example.org']), state);
  expect(artifacts.encrypted).toEqual([true]);
  expect(await loadProfile(artifacts, runOf([A]))).toEqual({
    url: undefined,
    storage: { cookies: [cookie('a.example', 'of-a')], origins: [origin(A)] },
  });
  expect(await loadProfile(artifacts, runOf([{ suffix: 'example.org' }]))).toMatchObject({
    storage: { cookies: [cookie('.example.org')], origins: [] },
  });
});

it('gives nothing to other sites, other names and other tenants', async () => {
  const artifacts = memoryArtifacts();
  const empty = { url: undefined, storage: { cookies: [], origins: [] } };
  await saveProfile(artifacts, runOf([A]), state);
  expect(await loadProfile(artifacts, runOf(['https://b.example']))).toEqual(empty);
  expect(await loadProfile(artifacts, runOf([A], 'other'))).toEqual(empty);
  expect(await loadProfile(artifacts, runOf([A], 'acme', 'second'))).toEqual(empty);
  expect(await loadProfile(artifacts, runOf([A], 'acme', null))).toBeUndefined();
});

it('replaces the log-ins of its own sites and leaves those of others', async () => {
  const artifacts = memoryArtifacts();
  await saveProfile(artifacts, runOf(['https://b.example']), state);
  await saveProfile(artifacts, runOf([A]), state);
  const later = { url: A, storage: { cookies: [cookie('a.example', 'newer')], origins: [] } };
  await saveProfile(artifacts, runOf([A]), later);
  expect(await loadProfile(artifacts, runOf([A, 'https://b.example']))).toMatchObject({
    storage: {
      cookies: [cookie('b.example'), cookie('a.example', 'newer')],
      origins: [origin('https://b.example')],
    },
  });
});
