import { describe, expect, it } from 'vitest';

import { assertWhatItSays } from './file-content.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const PDF = bytes('%PDF-1.7\n%\u00e2\n1 0 obj\n');
const ELF = Buffer.concat([
  Buffer.from('7f454c46020101000000000000000000', 'hex'),
  Buffer.alloc(200),
]);
const ZIP = Buffer.concat([Buffer.from('504b0304140000000000', 'hex'), Buffer.alloc(100)]);

describe('a file to upload', () => {
  it.each([
    ['picture.png', PNG],
    ['invoice.pdf', PDF],
    ['rows.csv', bytes('a,b\n1,2\n')],
    ['notes', bytes('plain')],
    ['sheet.xlsx', ZIP],
    ['archive.zip', ZIP],
    ['empty.txt', new Uint8Array()],
  ])('%s is what it says', async (name, content) => {
    await expect(assertWhatItSays(name, content)).resolves.toBeUndefined();
  });

  it.each([
    ['invoice.pdf', PNG],
    ['picture.png', PDF],
    ['rows.csv', Buffer.from([97, 0, 1, 2])],
    ['report.pdf', ELF],
    ['tool', ELF],
    ['picture.jpg', ZIP],
    ['picture.png', bytes('<script>alert(1)</script>')],
    ['report.pdf', bytes('#!/bin/sh\n')],
    ['setup.sh', bytes('#!/bin/sh\n')],
  ])('%s is refused when its bytes are something else', async (name, content) => {
    await expect(assertWhatItSays(name, content)).rejects.toMatchObject({ status: 'refused' });
  });
});
