import { describe, expect, it } from 'vitest';

import { parseScript } from './script.ts';

describe('a script from a file', () => {
  it('is a list of answers with their faults', () => {
    const script = [
      { plan: { steps: [{ action: 'back' }] }, cutAfterEvents: 1, cut: 'reset' },
      { status: 429, retryDelay: '0.2s' },
    ];
    expect(parseScript(JSON.stringify(script), 'a.json')).toEqual(script);
  });

  it.each([
    ['no JSON', '{', 'a.json is not JSON'],
    ['no list', '{"plan":{}}', 'A script is a list of answers'],
    ['an empty list', '[]', 'A script is a list of answers'],
    ['a field that is not known', '[{"cutAfterByte":3}]', '0: Unrecognized key: "cutAfterByte"'],
    ['a value that does not fit', '[{"status":200}]', '0.status: '],
    ['a delay without unit', '[{"retryDelay":"7"}]', '0.retryDelay: a delay such as "0.2s"'],
  ])('%s is named', (_what, text, message) => {
    expect(() => parseScript(text, 'a.json')).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining(message),
      }),
    );
  });
});
