import { describe, expect, it } from 'vitest';

import { createLogger } from './logger.ts';
import { traceIdOf } from './trace-ids.ts';

const clock = { iso: () => '2026-11-27T07:00:00.000Z' } as never;

function lines(use: (log: ReturnType<typeof createLogger>) => void, project?: string): unknown[] {
  const written: string[] = [];
  use(createLogger('info', (line) => written.push(line), { clock, project }));
  return written.map((line) => JSON.parse(line) as unknown);
}

describe('the logger', () => {
  it("writes a line of JSON an entry, in Cloud Logging's fields", () => {
    expect(
      lines((log) => {
        log.debug('not shown');
        log.child({ component: 'planner' }).warn('slow\n{"severity":"EMERGENCY"}', { ms: 12 });
      }),
    ).toEqual([
      {
        severity: 'WARNING',
        time: '2026-11-27T07:00:00.000Z',
        component: 'planner',
        ms: 12,
        message: 'slow\n{"severity":"EMERGENCY"}',
      },
    ]);
  });

  it('names the trace of the run, as Google Cloud does where there is a project', () => {
    const runId = 'run_00000000000000000000';
    const trace = traceIdOf(runId);
    expect(trace).toMatch(/^[0-9a-f]{32}$/);
    expect(lines((log) => log.info('x', { runId }))).toMatchObject([
      { 'logging.googleapis.com/trace': trace },
    ]);
    expect(lines((log) => log.info('x', { runId }), 'shop')).toMatchObject([
      { 'logging.googleapis.com/trace': `projects/shop/traces/${trace}` },
    ]);
  });

  it('never writes what is named like a secret, one level down too; the control is written', () => {
    const [entry] = lines((log) =>
      log.info('x', { password: 'hunter2', request: { authorization: 'Bearer y' }, code: 'ok' }),
    );
    expect(JSON.stringify(entry)).not.toMatch(/hunter2|Bearer/);
    expect(entry).toMatchObject({ code: 'ok' });
  });
});
