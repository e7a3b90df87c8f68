import type { Prng } from '../../site/prng.ts';
import type { View } from './view.ts';

/** A step as a plan writes it. */
export type PlanStep = Readonly<Record<string, unknown>> & { readonly action: string };
/** Each `yield` is the plan of one turn and gives the next turn's view; the end of the function ends the run. */
export type Solver = Generator<readonly PlanStep[], void, View>;

/** What reached the gallery's server on behalf of one page. */
export interface ServerSeen {
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly body: string;
    readonly authorization: string | undefined;
  }[];
}

export interface Where {
  /** Folder of this page on the first origin, without a slash at the end. */
  readonly here: string;
  /** The same folder on another origin. */
  readonly elsewhere: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly delayMs?: number;
}

/** One page of the gallery: what it shows, how a plan solves it, and how it is judged. */
export interface Exercise {
  readonly name: string;
  /** The page's document. Its script defines `solved()`, which tells the page's own state, unless the server judges. */
  html(where: Where): string;
  /** Further answers, by path below the page's folder. */
  answer?(
    path: string,
    request: ServerSeen['requests'][number],
    where: Where,
  ): Answer | undefined | Promise<Answer>;
  solve(view: View): Solver;
  /** Judges by what reached the server, where the page itself cannot. */
  judge?(seen: ServerSeen): boolean;
}

/** A kind of page; each draw of it is an exercise. */
export interface Kind {
  readonly name: string;
  draw(random: Prng): Exercise;
}

/** Writes a kind: `draw` chooses the targets, the rest is told them. */
export function kind<Want>(
  name: string,
  draw: (random: Prng) => Want,
  parts: {
    html(want: Want, where: Where): string;
    solve(view: View, want: Want): Solver;
    answer?(
      want: Want,
      path: string,
      request: ServerSeen['requests'][number],
      where: Where,
    ): Answer | undefined | Promise<Answer>;
    judge?(want: Want, seen: ServerSeen): boolean;
  },
): Kind {
  return {
    name,
    draw(random) {
      const want = draw(random);
      return {
        name,
        html: (where) => documentOf(name, want, parts.html(want, where)),
        solve: (view) => parts.solve(view, want),
        ...(parts.answer && {
          answer: (path, request, where) => parts.answer?.(want, path, request, where),
        }),
        ...(parts.judge && { judge: (seen) => parts.judge?.(want, seen) === true }),
      };
    },
  };
}

/** Scripts find the drawn targets as `want`; the words of the page never say them. */
const documentOf = (name: string, want: unknown, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title>
<style>body{font:16px sans-serif;margin:20px}label{display:block;margin:6px 0}</style>
<script>const want=${JSON.stringify(want).replaceAll('<', '\\u003c')};const $=(id)=>document.getElementById(id);
const same=(left,right)=>JSON.stringify(left)===JSON.stringify(right)</script>
<h1>${name}</h1>${body}</html>`;

export const CITIES = [
  'Athens',
  'Bergen',
  'Cadiz',
  'Dublin',
  'Esbjerg',
  'Faro',
  'Genoa',
  'Haifa',
  'Izmir',
  'Jena',
];
export const WORDS = [
  'amber',
  'basalt',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'garnet',
  'harbor',
  'indigo',
  'juniper',
];
