import { pino, type Logger as Pino } from 'pino';

import { systemClock, type Clock } from './clock.ts';
import { spanIdOf, traceIdOf } from './trace-ids.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

const SEVERITY: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};

/** Fields that are never written, whoever passes them; nobody should. */
export const NEVER_LOGGED = [
  'apiKey',
  'authorization',
  'cookie',
  'headers',
  'password',
  'secret',
  'text',
  'token',
  'value',
] as const;
const NEVER = NEVER_LOGGED.flatMap((name) => [name, `*.${name}`]);

/** What names a run names its trace too: the log and the trace of a run are found from each other. */
function traced(fields: Record<string, unknown>, project: string | undefined): object {
  const { runId } = fields;
  if (typeof runId !== 'string') return fields;
  const trace = traceIdOf(runId);
  return {
    ...fields,
    'logging.googleapis.com/trace':
      project === undefined ? trace : `projects/${project}/traces/${trace}`,
    'logging.googleapis.com/spanId': spanIdOf(runId),
  };
}

function wrap(inner: Pino): Logger {
  return {
    debug: (message, fields = {}) => inner.debug(fields, message),
    info: (message, fields = {}) => inner.info(fields, message),
    warn: (message, fields = {}) => inner.warn(fields, message),
    error: (message, fields = {}) => inner.error(fields, message),
    child: (fields) => wrap(inner.child({ ...fields })),
  };
}

export interface LoggerOptions {
  readonly clock?: Clock;
  /** Google Cloud project, which names of traces are made with. */
  readonly project?: string | undefined;
}

/** One JSON line an entry, in Cloud Logging's fields; line breaks and control characters are escaped by JSON. */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void,
  { clock = systemClock, project }: LoggerOptions = {},
): Logger {
  const inner = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${clock.iso()}"`,
      formatters: {
        level: (label) => ({ severity: SEVERITY[label] ?? 'DEFAULT' }),
        log: (fields) => traced(fields, project) as Record<string, unknown>,
      },
      redact: { paths: NEVER, censor: '[redacted]' },
    },
    { write },
  );
  return wrap(inner);
}

export const silentLogger: Logger = wrap(pino({ level: 'silent' }, { write: () => undefined }));
