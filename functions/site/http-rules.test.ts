import { expect, it } from 'vitest';

import { cookie, localPath, text } from './http-rules.ts';

it.each(['//evil.test', '/\\evil.test', 'https://evil.test', '', '/a\nb', '/a\\b', 'javascript:x'])(
  'sends nobody to %j after sign-in',
  (path) => {
    expect(localPath(path)).toBe('/');
  },
);

it('keeps a path of the site', () => {
  expect(localPath('/invoices?sort=date&dir=desc')).toBe('/invoices?sort=date&dir=desc');
});

it('takes repeated fields as absent and cuts long ones', () => {
  expect(text({ name: ['a', 'b'] }, 'name')).toBe('');
  expect(text(undefined, 'name')).toBe('');
  expect(text({ name: ' abcdef ' }, 'name', 4)).toBe('abc');
});

it('reads a cookie by its whole name', () => {
  expect(cookie('xsid=1; sid=2', 'sid')).toBe('2');
  expect(cookie(undefined, 'sid')).toBeUndefined();
});
