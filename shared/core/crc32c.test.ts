import { expect, it } from 'vitest';

import { crc32c } from './crc32c.ts';

it.each([
  ['', 0],
  ['123456789', 0xe3069283],
  ['\0'.repeat(32), 0x8a9136aa],
])('sums %j as RFC 3720 does', (text, sum) => {
  expect(crc32c(Buffer.from(text))).toBe(sum);
});
