import type { Name } from './command.ts';
import type { Unit } from './page-text.ts';

/** Which roles suit a verb, best first; roles of no group come last. */
export type RoleGroups = readonly (readonly string[])[];
const FIELDS = [
  'textbox',
  'searchbox',
  'password',
  'spinbutton',
  'combobox',
  'editor',
  'date',
  'time',
  'color',
];
const CHOICES = ['select', 'listbox', 'combobox'];
export const ROLES: Readonly<
  Record<'click' | 'follow' | 'type' | 'choose' | 'option' | 'tick' | 'any', RoleGroups>
> = {
  click: [
    ['button', 'summary'],
    ['link'],
    ['menuitem', 'tab', 'option', 'treeitem'],
    ['checkbox', 'radio', 'switch'],
    ['clickable'],
  ],
  follow: [['link'], ['tab', 'menuitem', 'treeitem'], ['button', 'summary'], ['clickable']],
  type: [FIELDS, ['slider', 'focusable', 'clickable']],
  choose: [CHOICES, ['button', 'clickable', 'textbox', 'searchbox']],
  option: [
    ['radio', 'option'],
    ['menuitem', 'checkbox', 'tab', 'treeitem'],
    ['button', 'link', 'clickable'],
  ],
  tick: [['checkbox', 'switch', 'radio'], ['option', 'menuitem'], ['clickable']],
  any: [],
};
/** Verbs whose element must be of a listed role: one cannot type into a link that happens to have the name. */
const STRICT = new Set<RoleGroups>([ROLES.type, ROLES.choose, ROLES.option, ROLES.tick]);
const NOUN_ROLES: Readonly<Record<string, readonly string[]>> = {
  button: ['button', 'summary', 'clickable'],
  link: ['link'],
  tab: ['tab', 'link', 'button'],
  field: FIELDS,
  checkbox: ['checkbox', 'switch'],
  radio: ['radio'],
  option: ['option', 'radio', 'menuitem'],
  menuitem: ['menuitem', 'link', 'button'],
  select: [...CHOICES, 'button'],
};

/** For comparing names: case, width, white space and marks at the ends do not matter. */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/^[\s*:▲▼↑↓⇅]+|[\s*:▲▼↑↓⇅]+$/g, '');
}

type Tier = (name: string, wanted: string) => boolean;
const TIERS: readonly Tier[] = [
  (name, wanted) => name === wanted,
  (name, wanted) => fold(name) === fold(wanted),
  (name, wanted) => name.endsWith('…') && fold(wanted).startsWith(fold(name.slice(0, -1))),
  (name, wanted) => fold(name).startsWith(fold(wanted)),
  (name, wanted) => fold(name).includes(fold(wanted)),
];
const LOOSE_FROM = 3;

export type Resolution =
  | { readonly kind: 'found'; readonly unit: Unit; readonly exact: boolean }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly Unit[] }
  | { readonly kind: 'missing' };

export function describeUnit(unit: Unit): string {
  return `${unit.role} "${unit.name}" (${unit.ref})`;
}

/** The one unit that is meant, by name and role; exact names before folded ones before parts of names. */
export function resolve(units: readonly Unit[], what: Name, groups: RoleGroups): Resolution {
  const nounRoles = what.noun === undefined ? undefined : NOUN_ROLES[what.noun];
  const listed = new Set(groups.flat());
  const pool = [...new Map(units.map((unit) => [unit.ref, unit])).values()].filter((unit) => {
    if (nounRoles) return nounRoles.includes(unit.role);
    return !STRICT.has(groups) || listed.has(unit.role);
  });
  for (const [tier, matches] of TIERS.entries()) {
    const found = pool.filter((unit) => unit.name !== '' && matches(unit.name, what.name));
    if (found.length === 0) continue;
    const group = groups.find((roles) => found.some((unit) => roles.includes(unit.role)));
    const best = group ? found.filter((unit) => group.includes(unit.role)) : found;
    const chosen =
      what.nth === undefined ? undefined : best.at(what.nth > 0 ? what.nth - 1 : what.nth);
    if (chosen) return { kind: 'found', unit: chosen, exact: tier < LOOSE_FROM };
    const enabled = best.filter((unit) => !unit.flags.includes('disabled'));
    const [only] = enabled.length === 1 ? enabled : best;
    if (only && (best.length === 1 || enabled.length === 1))
      return { kind: 'found', unit: only, exact: tier < LOOSE_FROM };
    return { kind: 'ambiguous', candidates: best };
  }
  return { kind: 'missing' };
}

function pairs(text: string): Set<string> {
  const folded = ` ${fold(text)} `;
  return new Set(
    Array.from({ length: folded.length - 1 }, (_unused, index) => folded.slice(index, index + 2)),
  );
}

/** The names that come nearest, for a message: share of letter pairs in common. */
export function nearestNames(units: readonly Unit[], wanted: string, limit = 3): string[] {
  const target = pairs(wanted);
  const scored = [...new Set(units.map((unit) => unit.name).filter((name) => name !== ''))].map(
    (name) => {
      const own = pairs(name);
      const shared = [...own].filter((pair) => target.has(pair)).length;
      return { name, score: (2 * shared) / (own.size + target.size) };
    },
  );
  return scored
    .filter(({ score }) => score > 0.2)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ name }) => name);
}
