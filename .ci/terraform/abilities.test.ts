// The table of what each component does (gcp-topology.json), against what its code does: which calls of the ports stand in what it is made of.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { describe, expect, it } from 'vitest';

import { TOPIC_OF, type Message } from '../../shared/contracts/message.ts';
import {
  COMPONENT_SPECS,
  COMPONENTS,
  TOPICS,
  type Ability,
  type Component,
} from '../../shared/platform/gcp-topology.ts';
import { ROOT } from './sources.mjs';

/** Behind the ports: adapters, what composes them, and what stands in for them. */
const BEHIND =
  /^shared\/(platform|telemetry|testing|emulators|client)\/|^shared\/(state|bus|secrets|artifacts)\/|^shared\/audit\/(kms|local|cloud-storage)-/;
const IMPORT =
  /(?:^|\n)(?:import|export)(?!\s+type)[^;]*?from '(\.{1,2}\/[^']+)'|import\('(\.{1,2}\/[^']+)'\)/g;

/** What a component is made of, up to the ports. */
function sourcesOf(component: Component): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const read = (path: string): void => {
    if (found.has(path) || BEHIND.test(path)) return;
    const text = readFileSync(join(ROOT, path), 'utf8');
    found.set(path, text);
    for (const [, still, late] of text.matchAll(IMPORT))
      read(normalize(join(dirname(path), still ?? late ?? '')));
  };
  const names = readdirSync(join(ROOT, 'functions', component), { recursive: true }).map(String);
  for (const name of names)
    if (name.endsWith('.ts') && !/\.(test|contract)\.ts$|__fixtures__/.test(name))
      read(`functions/${component}/${name}`);
  return found;
}

/** Writes the tenant's log around a secret store, whoever uses it for what. */
const PASSED_ON = /^shared\/audit\/audited-secrets\.ts$/;

/** By ability: the call that takes it, and files that only pass it on or have it where there is no Google. */
const CALLS: readonly (readonly [Ability, RegExp, RegExp?])[] = [
  ['use-documents', /\bstore\s*\.(get|query|commit|watch)\(/],
  ['read-tenant-secrets', /\bsecrets\.get\(\w*\.?tenantId/, PASSED_ON],
  ['write-tenant-secrets', /\bsecrets\.(set|list|delete)\(\w*\.?tenantId/, PASSED_ON],
  ['read-artifacts', /\bartifacts\.(get|list)\(/],
  ['write-artifacts', /\bartifacts\.(put|removeRun)\(/],
  ['sign-links', /\bartifacts\.link\(/],
  ['write-archive', /\barchive\.put\(/],
  ['sign-checkpoints', /\bsigner\.sign\(/],
  ['pull', /\bbus\.(subscribe|receive)\(/, /\/main\.ts$/],
  [
    'set-aside',
    /\bcreatePushFunction\(|\bcreateLetterFunction\(|\bsetAside\(/,
    /^shared\/hosting\//,
  ],
  ['wrap-run-keys', /\bRunJournal\.create\(/],
  ['unwrap-run-keys', /\bRunJournal\.open\(|\bvault\.cipher\(/],
];

/** Abilities that take another along: who may write may read, who pulls sets aside. */
const ALONG: Readonly<Partial<Record<Ability, readonly Ability[]>>> = {
  'write-artifacts': ['read-artifacts'],
  'wrap-run-keys': ['unwrap-run-keys'],
  pull: ['set-aside'],
};

function usedIn(sources: ReadonlyMap<string, string>): Set<Ability> {
  const used = new Set<Ability>();
  for (const [ability, call, aside] of CALLS)
    if ([...sources].some(([path, text]) => call.test(text) && !aside?.test(path)))
      used.add(ability);
  return used;
}

const told = (component: Component): Set<Ability> =>
  new Set(
    COMPONENT_SPECS[component].does
      .map(({ can }) => can)
      .filter((can) => CALLS.some(([ability]) => ability === can)),
  );

/** With what comes along on both sides, so that a wider ability is not taken for two. */
function widened(abilities: ReadonlySet<Ability>): string[] {
  const all = [...abilities].flatMap((ability) => [ability, ...(ALONG[ability] ?? [])]);
  return [...new Set<string>(all)].toSorted();
}

/** Events of the log that a message follows from (shared/runs/run-messages.ts), by what they wake. */
const WAKES: Readonly<Record<string, Message['type']>> = {
  'run.created': 'run.ready',
  'turn.opened': 'plan.requested',
  'human.answered': 'run.resume',
  'run.cancel-requested': 'run.resume',
  'run.resumed': 'run.resume',
  'lease.released': 'run.ready',
};
const JOURNAL = /^shared\/(journal|runs|contracts)\//;

function publishedIn(component: Component, sources: ReadonlyMap<string, string>): string[] {
  const types = new Set<Message['type']>();
  const topics = new Set<string>();
  // Whoever changes a run says that it changed; others only read its events.
  const writes = [...sources.values()].some((text) => /\bRunJournal\.(create|open)\(/.test(text));
  if (writes) types.add('run.changed');
  for (const [path, text] of sources) {
    if (JOURNAL.test(path)) continue;
    const literals = [...text.matchAll(/type: '([a-z]+\.[a-z-]+)'/g)].map(([, type = '']) => type);
    for (const type of literals) {
      const wakes = WAKES[type];
      if (wakes && writes) types.add(wakes);
    }
    for (const [, type] of text.matchAll(/\.publish\(\s*\{\s*type: '([a-z.]+)'/g))
      types.add(type as Message['type']);
    if (/\bbus\s*\.send\(/.test(text))
      for (const topic of TOPICS) if (text.includes(`'${topic}'`)) topics.add(topic);
  }
  for (const type of types) topics.add(TOPIC_OF[type]);
  // What does not count as an attempt goes round again.
  for (const { can, to } of COMPONENT_SPECS[component].does)
    if (can === 'pull' && to) topics.add(to);
  return [...topics].toSorted();
}

describe.each(COMPONENTS)('what %s does, and what it may', (component) => {
  const sources = sourcesOf(component);

  it('is the same', () => {
    expect(sources.size).toBeGreaterThan(20);
    expect(widened(told(component))).toEqual(widened(usedIn(sources)));
  });

  it('is the same where it publishes', () => {
    const may = COMPONENT_SPECS[component].does.flatMap(({ can, to }) =>
      can === 'publish' && to ? [to] : [],
    );
    expect(may.toSorted()).toEqual(publishedIn(component, sources));
  });

  it('differs as soon as a call is added or taken away', () => {
    for (const [ability] of CALLS) {
      const call = EXAMPLES[ability] ?? '';
      const more = new Map(sources).set('functions/x/more.ts', call);
      expect(usedIn(more).has(ability), ability).toBe(true);
      const less = new Map(
        [...sources].map(([path, text]) => [path, text.replaceAll(callOf(ability), 'nothing(')]),
      );
      expect(usedIn(less).has(ability), ability).toBe(false);
    }
  });
});

function callOf(ability: Ability): RegExp {
  const found = CALLS.find(([name]) => name === ability)?.[1] ?? /$^/;
  return new RegExp(found.source, 'g');
}

const EXAMPLES: Readonly<Partial<Record<Ability, string>>> = {
  'use-documents': 'store.get(path)',
  'read-tenant-secrets': 'secrets.get(tenantId, name)',
  'write-tenant-secrets': 'secrets.set(tenantId, name)',
  'read-artifacts': 'artifacts.list(tenantId)',
  'write-artifacts': 'artifacts.put(tenantId)',
  'sign-links': 'artifacts.link(tenantId)',
  'write-archive': 'archive.put(name)',
  'sign-checkpoints': 'signer.sign(root)',
  pull: 'bus.subscribe(options)',
  'set-aside': 'createPushFunction(deps)',
  'wrap-run-keys': 'RunJournal.create(deps)',
  'unwrap-run-keys': 'RunJournal.open(deps)',
};
