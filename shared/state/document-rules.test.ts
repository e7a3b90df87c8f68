import { describe, expect, it } from 'vitest';

import { AppError } from '../core/errors.ts';
import { addressOf, checkWrites, MAX_BATCH_BYTES, MAX_DOCUMENT_BYTES } from './document-rules.ts';

const PATH = 'tenants/acme/runs/run_x';

function refusal(act: () => unknown): AppError {
  try {
    act();
  } catch (error) {
    if (AppError.is(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const create = (data: unknown, path = PATH) => ({ op: 'create' as const, path, data: data as {} });

describe('the rules of documents', () => {
  it.each([
    [{ a: { b: [{ c: undefined }] } }, 'a.b[0].c is undefined'],
    [{ list: [1, [2, Number.NaN]] }, 'list[1][1] is NaN'],
    [{ list: Array.from({ length: 2 }) }, 'list[0] is undefined'],
    [{ at: new Date(0) }, 'at is a Date'],
    [{ a: { toJSON: 1 } }, 'a has toJSON'],
    [Object.assign(Object.create(null), { toJSON: 1 }), 'the document has toJSON'],
    [{ a: 2 ** 53 }, 'a is an integer beyond 2^53'],
  ])('name what is no plain JSON and where: %j', (data, said) => {
    const { code, message } = refusal(() => checkWrites([create(data)]));
    expect(code).toBe('invalid_request');
    expect(message).toContain(`${PATH}: ${said}`);
  });

  it.each(['a', '\u0001', 'é', '😀'])(
    'count the bytes of the text that is stored: of %j',
    (unit) => {
      const per = Buffer.byteLength(JSON.stringify(unit)) - 2;
      const fixed = Buffer.byteLength('{"t":""}');
      const most = Math.floor((MAX_DOCUMENT_BYTES - fixed) / per);
      const [write] = checkWrites([create({ t: unit.repeat(most) })]);
      expect(write?.op === 'create' && Buffer.byteLength(write.document.json)).toBe(
        fixed + per * most,
      );
      const { code, details } = refusal(() => checkWrites([create({ t: unit.repeat(most + 1) })]));
      expect(code).toBe('payload_too_large');
      expect(details).toEqual({ path: PATH, bytes: fixed + per * (most + 1) });
    },
  );

  it('count a batch of many documents', () => {
    const batch = (chars: number) =>
      Array.from({ length: 500 }, (_unused, index) =>
        create({ t: 'a'.repeat(chars) }, `${PATH}/log/${index}`),
      );
    const chars = Math.floor(MAX_BATCH_BYTES / 500) - Buffer.byteLength('{"t":""}');
    expect(checkWrites(batch(chars))).toHaveLength(500);
    const large = create({ t: 'a'.repeat(1_000_000) }, `${PATH}/log/large`);
    expect(checkWrites([...batch(18_000).slice(1), large])).toHaveLength(500);
    expect(refusal(() => checkWrites(batch(chars + 1))).code).toBe('payload_too_large');
  });

  it.each([
    '',
    '/',
    'a',
    'a//b',
    'a/b/',
    'a/..',
    './b',
    'a/__x__',
    '____/b',
    'a/b c',
    'a/é',
    'a/b\n',
  ])('refuse the path %j', (path) => {
    expect(refusal(() => addressOf(path)).code).toBe('invalid_request');
  });

  it.each([`a/${'b'.repeat(201)}`, `${'a'.repeat(201)}/b`])('refuse a long segment', (path) => {
    expect(refusal(() => addressOf(path)).code).toBe('invalid_request');
  });

  it('take a path apart', () => {
    expect(addressOf('tenants/acme/runs/...x')).toEqual({
      path: 'tenants/acme/runs/...x',
      collection: 'tenants/acme/runs',
      group: 'runs',
      id: '...x',
      sortKey: 'tenants\u0001acme\u0001runs\u0001...x',
    });
    expect(addressOf('tenants/__x')).toMatchObject({ collection: 'tenants', group: 'tenants' });
  });
});
