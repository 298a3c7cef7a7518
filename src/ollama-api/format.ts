import { OllamaError } from './errors.ts';
import { quoteGo } from './go-quote.ts';

export type Format = 'json' | Readonly<Record<string, unknown>> | undefined;

/** @throws OllamaError 500; it is found out only when the request has its slot. */
export function readFormat(format: string | undefined): Format {
  if (format === undefined || format === '""') return undefined;
  if (format === '"json"') return 'json';
  if (format.startsWith('{')) return JSON.parse(format) as Readonly<Record<string, unknown>>;
  const quoted = quoteGo(format);
  throw new OllamaError(500, `invalid format: ${quoted}; expected "json" or a valid JSON Schema object`);
}
