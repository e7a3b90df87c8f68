import type { Page, PageLine, Unit } from '../../planner/offline/page-text.ts';

/** What a step of the plan before came to, as the planner is told. */
export interface Told {
  readonly step: string;
  readonly action?: string;
  readonly status: string;
  readonly message?: string;
  readonly changed?: { readonly dialog?: string; readonly tab?: string };
  readonly artifacts?: readonly { readonly name: string }[];
}

/** The plan cannot go on: the observation does not show what it needs. */
export class NotShown extends Error {}

/** All that a solver knows of the page: the observation text, and what the steps before told. */
export class View {
  readonly page: Page;
  /** Of the turn before, in order. */
  readonly told: readonly Told[];
  /** Data of the steps of the turn before, by the number of the step. */
  readonly data: ReadonlyMap<number, unknown>;

  constructor(
    page: Page,
    told: readonly Told[] = [],
    data: ReadonlyMap<number, unknown> = new Map(),
  ) {
    this.page = page;
    this.told = told;
    this.data = data;
  }

  get units(): Unit[] {
    return this.page.lines.flatMap((line) => line.units);
  }

  /** All that a person would read. */
  get text(): string {
    return this.page.lines.map((line) => line.text).join('\n');
  }

  has(name: string | RegExp, ...roles: string[]): boolean {
    return this.#all(name, roles).length > 0;
  }

  unit(name: string | RegExp, ...roles: string[]): Unit {
    const [found] = this.#all(name, roles);
    if (found) return found;
    const shown = this.page.lines.map(
      (line) =>
        line.units.map((unit) => `[${unit.ref} ${unit.role} ${unit.name}]`).join(' ') || line.text,
    );
    throw new NotShown(
      `no ${roles.join('/') || 'unit'} "${String(name)}" in: ${shown.join(' ⏎ ').slice(0, 1_200)}`,
    );
  }

  ref(name: string | RegExp, ...roles: string[]): string {
    return this.unit(name, ...roles).ref;
  }

  /** Refs of all units of these roles, in reading order. */
  refs(...roles: string[]): string[] {
    return this.#all(/(?:)/, roles).map((unit) => unit.ref);
  }

  /** The unit of a line that says this text. */
  inLine(text: string | RegExp, ...roles: string[]): Unit {
    const fits = (line: PageLine): boolean =>
      typeof text === 'string' ? line.text.includes(text) : text.test(line.text);
    for (const line of this.page.lines.filter(fits)) {
      const unit = line.units.find(({ role }) => roles.length === 0 || roles.includes(role));
      if (unit) return unit;
    }
    throw new NotShown(
      `no ${roles.join('/') || 'unit'} in a line with "${String(text)}": ${this.text.slice(0, 800)}`,
    );
  }

  /** The first group of the first match in the text that is shown. */
  match(pattern: RegExp): string {
    const found = pattern.exec(this.text)?.[1];
    if (found === undefined)
      throw new NotShown(`nothing like ${String(pattern)} in: ${this.text.slice(0, 800)}`);
    return found;
  }

  #all(name: string | RegExp, roles: readonly string[]): Unit[] {
    const exact = typeof name === 'string';
    return this.units.filter(
      (unit) =>
        (exact ? unit.name === name : name.test(unit.name)) &&
        (roles.length === 0 || roles.includes(unit.role)),
    );
  }
}
