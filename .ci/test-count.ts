// Vitest exits 0 for an empty project or a skipped test; the counts written here let the runner
// decide otherwise.
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export interface TestCounts {
  passed: number;
  failed: number;
  skipped: string[];
  /** Number of tests by project; a project without any is 0. */
  projects: Record<string, number>;
}

export default class TestCount implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts: TestCounts = { passed: 0, failed: unhandled.length, skipped: [], projects: {} };
    for (const module of modules) countModule(module, counts);
    const file = process.env.RODEX_TEST_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }
}

function countModule(module: TestModule, counts: TestCounts): void {
  counts.failed += module.errors().length;
  for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
  for (const test of module.children.allTests()) {
    counts.projects[module.project.name] = (counts.projects[module.project.name] ?? 0) + 1;
    const { state } = test.result();
    if (state === 'passed') counts.passed += 1;
    else if (state === 'failed') counts.failed += 1;
    else counts.skipped.push(`${module.relativeModuleId} > ${test.fullName}`);
  }
}
