/** The log: what happened, for people or for programs. Prompts and outputs are never in it. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { openDestination } from './destination.ts';
import { withoutContent } from './redact.ts';
import { textLine } from './text-line.ts';

/** Which part of the server speaks. */
export type Component = 'SYSTEM' | 'API' | 'QUEUE' | 'SCHEDULER' | 'ENGINE' | 'MONITOR' | 'REGISTRY';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Structurally the `log` group of the configuration. */
export interface LogSettings {
  readonly level: Level | 'silent';
  readonly format: 'text' | 'json';
  /** Absolute; null for standard output. */
  readonly file: string | null;
}

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log in another part's name. */
  child(component: Component): Logger;
}

/** The log of a process, with an owner that ends it. */
export interface RootLogger extends Logger {
  /** Lets go of the file. Safe to call twice; later lines are dropped. */
  close(): void;
}

/**
 * A log as configured, speaking as SYSTEM.
 * @throws InvalidSettingError when its file cannot be opened.
 */
export function createLogger(settings: LogSettings, clock: Clock = systemClock): RootLogger {
  const destination = openDestination(settings.file, (error) => {
    // Standard error is all that is left to say it on; the server goes on without its log.
    process.stderr.write(`The log cannot be written any more: ${error.message}\n`);
  });
  const stream: DestinationStream =
    settings.format === 'json'
      ? destination
      : { write: (record) => destination.write(textLine(record, { colors: destination.colors })) };
  return createLoggerOn(stream, settings.level, clock, () => destination.close());
}

/** A log on any stream that takes JSON records, one a line. */
export function createLoggerOn(
  stream: DestinationStream,
  level: LogSettings['level'],
  clock: Clock,
  close: () => void = () => {},
): RootLogger {
  const root = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":${clock.now()}`,
      formatters: { level: (label) => ({ level: label }), log: withoutContent },
      messageKey: 'message',
    },
    stream,
  );
  return { ...wrap(root, 'SYSTEM'), close };
}

/** A log that says nothing. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};

function wrap(root: PinoLogger, component: Component): Logger {
  const log = root.child({ component });
  const at = (level: Level) => (message: string, fields?: LogFields) => {
    if (fields) log[level](fields, message);
    else log[level](message);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (other) => wrap(root, other),
  };
}
