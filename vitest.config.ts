import { defineConfig } from 'vitest/config';

const tests = (kind: string): string[] => [`{functions,shared,.ci}/**/*.${kind}.test.ts`];
const SPECIAL = ['contract', 'wire', 'integration', 'e2e'];

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{functions,shared,.ci}/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...SPECIAL.flatMap(tests)],
          testTimeout: 15_000,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { name: 'wire', include: tests('wire'), sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'contract',
          include: tests('contract'),
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      // One file at a time: each of these owns a browser, an emulator or whole processes.
      {
        test: {
          name: 'integration',
          include: tests('integration'),
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['functions/cli/**/*.e2e.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
