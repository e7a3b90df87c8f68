/** One target: held or not, by its printed name. */
export interface Target {
  readonly name: string;
  /** What must hold, such as `<= 1`. */
  readonly target: string;
  readonly value: number;
  readonly held: boolean;
}

export interface BenchResult {
  readonly bench: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  readonly targets: readonly Target[];
}

export interface BenchOptions {
  /** Runs of each side, in turn. */
  readonly repeat: number;
  /** Artificial delay in ms for each of our steps: must turn the target. */
  readonly handicapMs: number;
  /** Only what has this in its name. */
  readonly only?: string;
  readonly note: (text: string) => void;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function atMost(name: string, limit: number, value: number): Target {
  return {
    name,
    target: `<= ${limit}`,
    value: Math.round(value * 1000) / 1000,
    held: value <= limit,
  };
}

export function atLeast(name: string, limit: number, value: number): Target {
  return {
    name,
    target: `>= ${limit}`,
    value: Math.round(value * 1000) / 1000,
    held: value >= limit,
  };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The table that a person reads. */
export function tableOf(result: BenchResult): string {
  const columns = [...new Set(result.rows.flatMap((row) => Object.keys(row)))];
  const cells = [
    columns,
    ...result.rows.map((row) => columns.map((column) => String(row[column] ?? ''))),
  ];
  const widths = columns.map((_column, index) =>
    Math.max(...cells.map((line) => line[index]?.length ?? 0)),
  );
  const table = cells.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const versions = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`);
  const targets = result.targets.map(
    ({ name, target, value, held }) =>
      `${held ? 'held  ' : 'MISSED'}  ${name}  ${value}  (${target})`,
  );
  return [...table, '', ...targets, '', versions.join(' · ')].join('\n');
}
