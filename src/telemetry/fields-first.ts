/** The log for code that writes to it in pino's own order: `(fields, message)` or `(message)`. */
import type { LogFields, Logger } from './logger.ts';

interface Write {
  (message: string): void;
  (fields: object, message?: string): void;
}

export interface FieldsFirstLogger {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

export function fieldsFirst(logger: Logger): FieldsFirstLogger {
  const turned =
    (write: (message: string, fields?: LogFields) => void): Write =>
    (first: string | object, message?: string) => {
      if (typeof first === 'string') write(first);
      else write(message ?? '', { ...first });
    };
  return {
    debug: turned((message, fields) => logger.debug(message, fields)),
    info: turned((message, fields) => logger.info(message, fields)),
    warn: turned((message, fields) => logger.warn(message, fields)),
    error: turned((message, fields) => logger.error(message, fields)),
  };
}
