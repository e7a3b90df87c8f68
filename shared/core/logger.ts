import { systemClock, type Clock } from './clock.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** One JSON line an entry, in Cloud Logging's fields; line breaks and control characters are escaped by JSON. */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void,
  clock: Clock = systemClock,
  bound: LogFields = {},
): Logger {
  const emit = (severity: LogLevel, message: string, fields: LogFields = {}): void => {
    if (RANK[severity] < RANK[level]) return;
    write(
      `${JSON.stringify({ severity: severity.toUpperCase(), time: clock.iso(), message, ...bound, ...fields })}\n`,
    );
  };
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
    child: (fields) => createLogger(level, write, clock, { ...bound, ...fields }),
  };
}

export const silentLogger: Logger = createLogger('error', () => undefined);
