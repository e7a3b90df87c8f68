import type { ExtractField } from '../../../shared/contracts/action.ts';

/** What a sentence means something on the page is called. */
export interface Name {
  readonly name: string;
  /** A noun that was said with it: "button", "link", "field". */
  readonly noun?: string;
  /** From 1; -1 is the last. */
  readonly nth?: number;
}
export type RowRef = { readonly kind: 'taken' } | { readonly kind: 'with'; readonly text: string };
export interface Column {
  readonly header: string;
  readonly type?: ExtractField['type'];
  readonly as: string;
}
export interface Keep {
  readonly column: string;
  readonly op:
    | 'largest'
    | 'smallest'
    | 'newest'
    | 'oldest'
    | 'newest-month'
    | 'equals'
    | 'contains';
  readonly value?: string;
}
export type ReturnItem =
  | { readonly kind: 'value'; readonly name: string; readonly as: string }
  | { readonly kind: 'cell'; readonly column: string; readonly as: string };

export type Command =
  | { readonly kind: 'open'; readonly url: string }
  | { readonly kind: 'history'; readonly action: 'back' | 'forward' | 'reload' }
  | { readonly kind: 'follow'; readonly what: Name }
  | {
      readonly kind: 'click';
      readonly what: Name;
      readonly row?: RowRef;
      readonly count?: number;
      readonly button?: 'right';
    }
  | { readonly kind: 'download'; readonly what?: Name; readonly row?: RowRef }
  | { readonly kind: 'open-row'; readonly column?: string }
  | { readonly kind: 'type'; readonly text: string; readonly what: Name }
  | { readonly kind: 'choose'; readonly option: string; readonly what?: Name }
  | { readonly kind: 'tick'; readonly what: Name; readonly checked: boolean }
  | { readonly kind: 'press'; readonly keys: string }
  | { readonly kind: 'wait'; readonly text: string }
  | { readonly kind: 'wait-gone'; readonly text: string }
  | { readonly kind: 'wait-idle' }
  | { readonly kind: 'wait-ms'; readonly ms: number }
  | { readonly kind: 'scroll'; readonly to: 'up' | 'down' | 'top' | 'bottom' }
  | { readonly kind: 'scroll-to'; readonly what: Name }
  | { readonly kind: 'hover'; readonly what: Name }
  | { readonly kind: 'dialog'; readonly accept: boolean; readonly text?: string }
  | { readonly kind: 'sort'; readonly column: string; readonly descending: boolean }
  | {
      readonly kind: 'if';
      readonly text: string;
      readonly shown: boolean;
      readonly body: readonly Command[];
    }
  | { readonly kind: 'read'; readonly what: string; readonly as: string }
  | { readonly kind: 'read-page'; readonly as: string }
  | {
      readonly kind: 'rows';
      readonly columns: readonly Column[];
      readonly keep?: Keep;
      readonly next?: string;
      readonly as: string;
    }
  | { readonly kind: 'take'; readonly keep: Keep | { readonly row: string }; readonly as: string }
  | { readonly kind: 'screenshot'; readonly full: boolean }
  | { readonly kind: 'ask'; readonly question: string; readonly as: string }
  | { readonly kind: 'return'; readonly items: readonly ReturnItem[] }
  | { readonly kind: 'return-text'; readonly text: string }
  | { readonly kind: 'done' };
export type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;
