import type { Page } from 'playwright-core';

import type { TakeOverInput } from '../../../shared/contracts/take-over.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Tab } from '../browser/tab.ts';
import { withinMs } from '../observe/observer.ts';

const PATIENCE_MS = 5_000;

/** What a person does in the page, as a mouse and a keyboard would. Errors: `action_failed` for a key that there is none of, `action_timeout`. */
export async function actByHand(tab: Tab, input: TakeOverInput): Promise<void> {
  await tab.taken(withinMs(PATIENCE_MS, act(tab.page, input)));
}

async function act(page: Page, input: TakeOverInput): Promise<void> {
  switch (input.do) {
    case 'click': {
      const { x, y, button, count } = input;
      return page.mouse.click(x, y, { button, clickCount: count });
    }
    case 'move':
      return page.mouse.move(input.x, input.y);
    case 'scroll':
      await page.mouse.move(input.x, input.y);
      return page.mouse.wheel(input.dx, input.dy);
    case 'type':
      return page.keyboard.type(input.text);
    case 'press':
      return page.keyboard.press(input.key).catch((error: Error) => {
        if (!/unknown key/i.test(error.message)) throw error;
        throw new AppError('action_failed', `there is no key ${input.key}`, { cause: error });
      });
  }
}
