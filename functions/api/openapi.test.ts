import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';

import { docsPage } from './docs-page.ts';
import { openApi } from './openapi.ts';
import { ROUTES } from './route-table.ts';

const document = openApi('1.2.3');

async function lint(source: unknown): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: JSON.stringify(source), config });
  return problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

describe('the OpenAPI document', () => {
  it('has nothing that a public linter complains of', async () => {
    expect(await lint(document)).toEqual([]);
  });

  it('is complained of when it is spoilt', async () => {
    const { description: _gone, ...spoilt } =
      document.paths?.['/v1/runs']?.get?.responses?.['200'] ?? {};
    const broken = structuredClone(document);
    Object.assign(broken.paths?.['/v1/runs']?.get?.responses ?? {}, { 200: spoilt });
    Object.assign(broken.paths ?? {}, { '/v1/x/{y}': { get: { responses: {} } } });
    expect(await lint(broken)).not.toEqual([]);
  });

  it('describes each route of the table, and no other', () => {
    const described = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${method} ${path} ${operationId}`,
      ),
    );
    const routes = ROUTES.map(
      ({ method, path, operationId }) => `${method} ${path} ${operationId}`,
    );
    expect(described.toSorted()).toEqual(routes.toSorted());
    expect(new Set(ROUTES.map(({ operationId }) => operationId)).size).toBe(ROUTES.length);
  });

  it('asks for a key everywhere but where the table says public', () => {
    for (const { method, path, access } of ROUTES) {
      const operation = document.paths?.[path]?.[method];
      expect(operation?.security, path).toEqual(access === 'public' ? [] : undefined);
    }
  });
});

describe('the page', () => {
  it('names every operation, and needs nothing from elsewhere', () => {
    const { page, policy } = docsPage(document);
    for (const { operationId } of ROUTES) expect(page).toContain(`id="${operationId}"`);
    expect(page).not.toMatch(/<script|src=|@import|url\(|https?:\/\/(?!portal\.example)/);
    expect(policy).toContain("default-src 'none'");
    const missing = [...page.matchAll(/href="#([^"]+)"/g)].filter(
      ([, id]) => !page.includes(`id="${id}"`),
    );
    expect(missing).toEqual([]);
  });
});
