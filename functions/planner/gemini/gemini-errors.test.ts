import { describe, expect, it } from 'vitest';

import { fromFinishReason, fromStreamError, fromVendorError } from './gemini-errors.ts';

const context = { model: 'gemini-x', apiKey: 'the-key' };

describe('what errors of the service mean', () => {
  it.each([
    ['SAFETY', 'model_blocked'],
    ['RECITATION', 'model_blocked'],
    ['PROHIBITED_CONTENT', 'model_blocked'],
    ['MALFORMED_FUNCTION_CALL', 'model_invalid_plan'],
    ['MALFORMED_RESPONSE', 'model_invalid_plan'],
    ['UNEXPECTED_TOOL_CALL', 'model_invalid_plan'],
    ['TOO_MANY_TOOL_CALLS', 'model_invalid_plan'],
    ['MAX_TOKENS', 'model_stream_broken'],
    ['SOMETHING_NEW', 'model_stream_broken'],
  ])('gives finish reason %s as %s', (finishReason, code) => {
    expect(fromFinishReason(finishReason, context)).toMatchObject({
      code,
      retryable: false,
      details: { finishReason },
    });
    expect(fromFinishReason('STOP', context)).toBeUndefined();
  });

  it('reads the delay that the service asks for, and hides the key', () => {
    const error = Object.assign(new Error('quota of the-key'), {
      status: 429,
      errorDetails: [{ other: 1 }, { retryDelay: '1.5s' }],
    });
    const info = fromVendorError(error, context);
    expect(info).toMatchObject({
      code: 'model_unavailable',
      retryable: true,
      details: { status: 429, retryDelayMs: 1_500 },
    });
    expect(info.message).not.toContain('the-key');
  });

  it('makes something of errors of no known shape', () => {
    expect(fromStreamError('odd', context)).toMatchObject({
      code: 'model_stream_broken',
      retryable: true,
    });
    expect(fromStreamError({ code: 400, message: 'bad' }, context)).toMatchObject({
      code: 'model_rejected',
    });
    expect(fromVendorError('text', context)).toMatchObject({ code: 'model_stream_broken' });
    expect(fromVendorError(new TypeError('terminated'), context)).toMatchObject({
      code: 'model_stream_broken',
      retryable: true,
    });
  });
});
