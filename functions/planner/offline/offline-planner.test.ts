import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createGeminiClient,
  type GeminiClient,
  type GeminiClientOptions,
} from '../gemini/gemini-client.ts';
import { playRun, type PlayedSite } from '../__fixtures__/played-run.ts';
import { header, portal } from './__fixtures__/portal-site.ts';
import { startOfflinePlanner } from './offline-server.ts';
import type { WireServer } from './wire-server.ts';

describe.each<[string, Partial<GeminiClientOptions>]>([
  ['SSE', {}],
  ['SSE with plans as calls', { planning: { form: 'calls' } }],
  ['Live', { transportKind: 'live' }],
])(
  'the offline planner, behind the wire (%s) and through the planner function',
  (_name, options) => {
    let server: WireServer;
    let gemini: GeminiClient;
    beforeAll(async () => {
      server = await startOfflinePlanner();
      gemini = createGeminiClient({
        apiKey: 'no-key',
        baseUrl: server.baseUrl,
        model: 'rodex-offline',
        ...options,
      });
    });
    afterAll(() => server.close());
    const play = (goal: string, site: PlayedSite = portal()) =>
      playRun(gemini, { goal, url: 'https://site.example/login' }, site);

    const SIGN_IN =
      'Type {{input.user}} into "User name" and type {{secret.portal-password}} into "Password". Click "Sign in".';

    it('signs in, sorts, takes the largest row, opens it and returns what was read', async () => {
      const site = portal();
      const { finish, actions } = await play(
        `Open https://site.example/login. ${SIGN_IN} Go to "Invoices", then sort by "Total" descending.
       Take the row with the largest "Total" as top; open it; download "Download PDF". Read "Order total" as amount. Return top, amount.`,
        site,
      );
      expect(finish?.summary).toContain('sentences are done');
      expect(finish).toMatchObject({ status: 'success' });
      expect(site.typed).toEqual({ e1: '{{input.user}}', e2: '{{secret.portal-password}}' });
      expect(site.clicks).toEqual(['e3', 'e11', 'e22', 'e22', 'e32', 'e50']);
      expect(finish?.result).toEqual({
        top: { $step: expect.stringMatching(/^\d+-\d+$/), path: '0' },
        amount: '€4,310.00',
      });
      expect(
        actions.find((action) => action.action === 'click' && action.expect?.download === true),
      ).toBeDefined();
    });

    it('infers the types of columns and keeps the newest month', async () => {
      const { actions, finish } = await play(
        `${SIGN_IN} Go to Invoices. Read the rows of the table with "Number", "Date", "Total" in cents in the newest month of "Date" as invoices`,
      );
      expect(actions.find((action) => action.action === 'extract')).toMatchObject({
        target: 'e20',
        fields: [
          { name: 'Number', header: 'Number', type: 'text' },
          { name: 'Date', header: 'Date', type: 'date' },
          { name: 'Total', header: 'Total', type: 'cents' },
        ],
        keep: { field: 'Date', op: 'newest-month' },
      });
      expect(finish?.result).toMatchObject({ invoices: { $step: expect.any(String) } });
    });

    it('takes a row among those that were read just before, by their typed values', async () => {
      const site = portal();
      const rows = [
        { Number: 'INV-2026-0002', Date: '2026-02-14', Total: 8_800 },
        { Number: 'INV-2026-0003', Date: '2026-02-20', Total: 431_000 },
      ];
      const typed: PlayedSite = {
        observe: site.observe,
        act: (action) =>
          action.action === 'extract'
            ? { status: 'done', effect: 'read', data: rows }
            : site.act(action),
      };
      const { finish, actions } = await play(
        `${SIGN_IN} Go to Invoices. Read the rows of the table with "Number", "Date" as a date, "Total" in cents in the newest month of "Date" as invoices. Take the row with the largest "Total" as largest. Open its "Number". Return invoices, largest, its "Date" as day`,
        typed,
      );
      const result = finish?.result as { invoices: { $step: string } } | undefined;
      const step = result?.invoices.$step;
      expect(result).toEqual({
        invoices: { $step: expect.stringMatching(/^\d+-1$/) },
        largest: { $step: step, path: '1' },
        day: { $step: step, path: '1.Date' },
      });
      expect(actions.filter((action) => action.action === 'extract')).toHaveLength(1);
      expect(site.clicks.at(-1)).toBe('e32');
    });

    it('looks for the value of an input, and types its placeholder', async () => {
      const { actions } = await playRun(
        gemini,
        {
          goal: 'Type {{input.user}} into "User name". Click {{input.button}}. Wait for {{input.user}}',
          inputs: { user: 'ada', button: 'Sign in' },
        },
        portal(),
      );
      expect(actions.slice(0, 3)).toMatchObject([
        { action: 'type', text: '{{input.user}}' },
        { action: 'click', target: 'e3' },
        { action: 'wait', text: 'ada' },
      ]);
    });

    it('says which sentences it did not understand, and acts on none', async () => {
      const { actions, finish } = await play(
        'Open https://site.example. Find the cheapest flight to Paris.',
      );
      expect(actions).toHaveLength(1);
      expect(finish).toMatchObject({ status: 'failure' });
      expect(finish?.summary).toMatch(
        /^goal_not_understood:.*sentence 2: Find the cheapest flight to Paris/,
      );
    });

    it('waits, searches and scrolls for what is missing before it gives up with the nearest names', async () => {
      const { actions, finish } = await play('Click "Sing in"');
      expect(actions.map((action) => action.action)).toEqual([
        'wait',
        'find',
        'scroll',
        'scroll',
        'scroll',
        'finish',
      ]);
      expect(finish?.summary).toBe(
        'Sentence 1 (Click "Sing in"): Nothing fitting on the page is called "Sing in". Nearest: "Sign in".',
      );
    });

    it('does what stands under a condition only when it holds', async () => {
      const { actions } = await play(
        'If "Sign in" is shown, type "ada" into "User name" and click "Sign in". If "Sign in" is shown, click "Forgot password?". Return "ok"',
      );
      expect(actions.map((action) => action.action)).toEqual(['type', 'click', 'finish']);
    });

    it('tries a blocked element three times and then says why', async () => {
      const site = portal();
      const blocked: PlayedSite = {
        observe: site.observe,
        act: () => ({ status: 'blocked', code: 'target_blocked', message: 'covered by a banner' }),
      };
      const { actions, finish } = await play('Click "Sign in"', blocked);
      expect(actions.filter((action) => action.action === 'click')).toHaveLength(3);
      expect(finish?.summary).toContain(
        'tried 3 times without success; last: target_blocked: covered by a banner',
      );
    });

    it('fails at once when a person denied or policy refused', async () => {
      const site = portal();
      const denied: PlayedSite = {
        observe: site.observe,
        act: () => ({
          status: 'refused',
          code: 'approval_denied',
          message: '"Sign in" was denied by a person',
        }),
      };
      const { actions, finish } = await play('Click "Sign in"', denied);
      expect(actions.map((action) => action.action)).toEqual(['click', 'finish']);
      expect(finish).toMatchObject({
        status: 'failure',
        summary: expect.stringContaining('a person denied it'),
      });
    });

    it('goes back after a lost browser and does not repeat a commit that acted', async () => {
      const site = portal();
      let lost = false;
      const commits: string[] = [];
      const flaky: PlayedSite = {
        observe: () => site.observe(),
        act: (action) => {
          if (action.action === 'click' && action.target === 'e13') {
            commits.push(action.target);
            lost = true;
            site.page = 'home';
            return { status: 'done', effect: 'commit', lost: true };
          }
          return site.act(action);
        },
      };
      const { actions, finish } = await play(
        `Open https://site.example/login. ${SIGN_IN} Click "Acknowledge the notice". Go to "Invoices". Read the table as rows`,
        flaky,
      );
      expect(lost).toBe(true);
      expect(commits).toHaveLength(1);
      expect(finish).toMatchObject({ status: 'success' });
      expect(actions.filter((action) => action.action === 'navigate')).toHaveLength(1);
    });

    it('passes over the log-in when the restored session needs none', async () => {
      const site = portal();
      let lost = false;
      const flaky: PlayedSite = {
        observe: () => site.observe(),
        act: (action) => {
          if (action.action === 'navigate') {
            site.page = 'home';
            return { status: 'done', moved: true };
          }
          if (action.action === 'click' && action.target === 'e32' && !lost) {
            lost = true;
            return { status: 'failed', code: 'browser_lost', lost: true };
          }
          return site.act(action);
        },
      };
      const { finish, actions } = await play(
        `Open https://site.example/login. ${SIGN_IN} Go to "Invoices". Click "INV-2026-0003". Return "ok"`,
        flaky,
      );
      expect(finish).toMatchObject({ status: 'success', result: 'ok' });
      expect(actions.filter((action) => action.action === 'type')).toHaveLength(2);
    });

    it('asks a person and uses the answer', async () => {
      const site = portal();
      const asked: PlayedSite = {
        observe: site.observe,
        act: (action) =>
          action.action === 'ask' ? { status: 'done', answer: '4711' } : site.act(action),
      };
      const { finish } = await play(
        'Ask "What is the code?" as code. Type {{code}} into "User name". Return code',
        asked,
      );
      expect(site.typed).toEqual({ e1: '4711' });
      expect(finish?.result).toEqual({ code: { $step: '1-1' } });
    });

    it('says which candidates there are when a name is not unique', async () => {
      const twice: PlayedSite = {
        observe: () =>
          `${header('https://site.example/', 'x')}[e1 button Edit]\n[e2 button Edit]\n`,
        act: () => ({ status: 'done' }),
      };
      expect((await play('Click "Edit"', twice)).finish?.summary).toContain(
        'button "Edit" (e1), button "Edit" (e2)',
      );
      const { actions } = await play('Click the second "Edit" button. Return "ok"', twice);
      expect(actions[0]).toMatchObject({ action: 'click', target: 'e2' });
    });

    it('refuses to go on past an open dialog that no sentence is about', async () => {
      const dialog: PlayedSite = {
        observe: () =>
          `${header('https://site.example/', 'x', 'dialog: confirm Really?\n')}[e1 button Edit]\n`,
        act: () => ({ status: 'done' }),
      };
      expect((await play('Click "Edit"', dialog)).finish?.summary).toContain(
        'a dialog is open (confirm Really?)',
      );
      expect((await play('Accept the dialog', dialog)).actions[0]).toMatchObject({
        action: 'dialog',
        accept: true,
      });
    });
  },
);
