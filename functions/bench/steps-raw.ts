import type { Browser, Page } from 'playwright-core';

import { AppError } from '../../shared/core/errors.ts';
import type { FormSite } from './form-site.ts';
import type { Peer } from './peers/peer.ts';

/** Navigate, nine actions, a wait: what each side does. */
export const STEPS = 11;
/** The work, once for all sides: what to type into which field. */
export const TEXTS = [
  ['First name', 'Ada'],
  ['Last name', 'Lovelace'],
  ['Company', 'Analytical Engines'],
  ['E-mail', 'ada@example.org'],
] as const;
export const COUNTRY = 'Chile';
export const TICKS = ['Team plan', 'I accept the terms'] as const;
export const REMARKS = 'Nothing to add, thank you.';
export const DONE = 'Registered as number';

/** Raw playwright-core; with `snapshots`, its snapshot for models after each step. */
export async function byPlaywright(
  browser: Browser,
  site: FormSite,
  snapshots: boolean,
): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const see = async (): Promise<void> => {
    if (snapshots) await page.ariaSnapshot({ mode: 'ai' });
  };
  const started = performance.now();
  await page.goto(site.origin);
  await see();
  for (const act of actsOn(page)) {
    await act();
    await see();
  }
  const ms = performance.now() - started;
  await context.close();
  return ms;
}

const actsOn = (page: Page): (() => Promise<unknown>)[] => [
  ...TEXTS.map(
    ([label, text]) =>
      async () =>
        page.getByLabel(label).fill(text),
  ),
  async () => page.getByLabel('Country').selectOption(COUNTRY),
  ...TICKS.map((label) => async () => page.getByLabel(label).check()),
  async () => page.getByLabel('Remarks').fill(REMARKS),
  async () => page.getByRole('button', { name: 'Register' }).click(),
  async () => page.getByText(DONE).waitFor(),
];

/** A peer's hands: refs are looked up in its own first snapshot; with `snapshots`, it looks again after each step. */
export async function byPeer(peer: Peer, site: FormSite, snapshots: boolean): Promise<number> {
  const started = performance.now();
  await peer.navigate(site.origin);
  const seen = await peer.snapshot();
  const refOf = (name: string): string => {
    const ref = new RegExp(`"\\s*${name}\\s*".*?ref=(\\w+)`).exec(seen)?.[1];
    if (!ref) throw new AppError('internal', `${peer.name} shows no "${name}"`);
    return ref;
  };
  const acts = [
    ...TEXTS.map(
      ([name, text]) =>
        async () =>
          peer.type(refOf(name), text),
    ),
    async () => peer.select(refOf('Country'), COUNTRY),
    ...TICKS.map((name) => async () => peer.check(refOf(name))),
    async () => peer.type(refOf('Remarks'), REMARKS),
    async () => peer.click(refOf('Register')),
    async () => peer.waitForText(DONE),
  ];
  for (const act of acts) {
    await act();
    if (snapshots) await peer.snapshot();
  }
  return performance.now() - started;
}
