import { describe, expect, it } from 'vitest';

import { fromComputerUse, safetyDoubt } from './computer-use.ts';
import { toAction } from './wire-step.ts';

const view = { width: 1_000, height: 500 };
const item = (name: string, args: Record<string, unknown> = {}) =>
  fromComputerUse({ name, args }, view);

describe("calls of Gemini's Computer Use", () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    // The older vocabulary
    ['click_at', { x: 500, y: 500 }, { action: 'click', target: '@500,250' }],
    ['hover_at', { x: 0, y: 1_000 }, { action: 'hover', target: '@0,499' }],
    [
      'type_text_at',
      { x: 10, y: 20, text: 'Ada', press_enter: true },
      { action: 'type', target: '@10,10', text: 'Ada', submit: true },
    ],
    [
      'type_text_at',
      { x: 10, y: 20, text: 'Ada', press_enter: false, clear_before_typing: false },
      { action: 'type', target: '@10,10', text: 'Ada', submit: false, clear: false },
    ],
    ['key_combination', { keys: 'control+a' }, { action: 'press', keys: 'Control+a' }],
    ['key_combination', { keys: 'enter' }, { action: 'press', keys: 'Enter' }],
    ['scroll_document', { direction: 'up' }, { action: 'scroll', dy: -400 }],
    [
      'scroll_at',
      { x: 500, y: 500, direction: 'right', magnitude: 300 },
      { action: 'scroll', target: '@500,250', dx: 300 },
    ],
    ['wait_5_seconds', {}, { action: 'wait', ms: 5_000 }],
    ['open_web_browser', {}, { action: 'screenshot' }],
    // The newer one
    ['click', { x: 1, y: 2 }, { action: 'click', target: '@1,1' }],
    ['double_click', { x: 0, y: 0 }, { action: 'click', target: '@0,0', count: 2 }],
    ['triple_click', { x: 0, y: 0 }, { action: 'click', target: '@0,0', count: 3 }],
    ['middle_click', { x: 0, y: 0 }, { action: 'click', target: '@0,0', button: 'middle' }],
    ['right_click', { x: 0, y: 0 }, { action: 'click', target: '@0,0', button: 'right' }],
    ['move', { x: 999, y: 999 }, { action: 'hover', target: '@999,499' }],
    ['type', { text: 'Ada' }, { action: 'type', text: 'Ada', clear: false }],
    ['press_key', { key: 'Escape' }, { action: 'press', keys: 'Escape' }],
    ['hotkey', { keys: ['ctrl', 'shift', 't'] }, { action: 'press', keys: 'Control+Shift+t' }],
    ['scroll', { x: 0, y: 0, direction: 'down' }, { action: 'scroll', target: '@0,0', dy: 400 }],
    ['wait', { seconds: 2 }, { action: 'wait', ms: 2_000 }],
    ['take_screenshot', {}, { action: 'screenshot' }],
    [
      'navigate',
      { url: 'https://a.example/', intent: 'start' },
      { action: 'navigate', url: 'https://a.example/', why: 'start' },
    ],
    ['go_back', {}, { action: 'back' }],
    ['go_forward', {}, { action: 'forward' }],
    [
      'drag_and_drop',
      { x: 100, y: 100, destination_x: 200, destination_y: 200 },
      { action: 'drag', from: '@100,50', to: '@200,100' },
    ],
    // Our own
    [
      'finish',
      { status: 'success', summary: 'ok' },
      { action: 'finish', status: 'success', summary: 'ok' },
    ],
  ])('%s %j is a step of the contract', (name, args, expected) => {
    expect(item(name, args)).toEqual(expected);
    expect(toAction(item(name, args)).invalid).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ['mouse_down', { x: 1, y: 1 }],
    ['key_up', { key: 'a' }],
    ['drag_and_drop', { x: 1, y: 1, destination_x: 2 }],
    ['click', { x: 'left', y: 1 }],
    ['constructor', {}],
    ['type', {}],
  ])('%s %j is refused and named', (name, args) => {
    expect(toAction(item(name, args)).invalid?.message).toBeDefined();
  });

  const doubt = (safety: unknown) =>
    safetyDoubt({ name: 'click_at', args: { x: 500, y: 500, safety_decision: safety } });

  it.each([
    { decision: 'require_confirmation', explanation: 'This buys something.' },
    { decision: 'something_new' },
    {},
    'odd',
  ])('a safety decision %j is a doubt, in the words of the service', (safety) => {
    expect(doubt(safety)).toBe(
      typeof safety === 'object' && 'explanation' in safety
        ? safety.explanation
        : typeof safety === 'object' && 'decision' in safety
          ? safety.decision
          : 'no reason given',
    );
  });

  it('the control: no decision, or a clear yes, is none; the act itself is the same either way', () => {
    expect([doubt(undefined), doubt(null), doubt({ decision: 'regular' })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const asked = { x: 500, y: 500, safety_decision: { decision: 'require_confirmation' } };
    expect(item('click_at', asked)).toEqual({ action: 'click', target: '@500,250' });
  });
});
