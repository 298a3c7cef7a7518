/** One log record for people: `[HH:MM:SS.mmm] [COMPONENT] message key=value`. */
import { styleText } from 'node:util';

interface LogRecord {
  readonly level: string;
  readonly time: number;
  readonly component: string;
  readonly message?: string;
}

type Style = Parameters<typeof styleText>[0];

const LEVEL_STYLES: Readonly<Record<string, Style>> = { warn: 'yellow', error: 'red', debug: 'dim' };

/** The line of a JSON record, in local time, with a line break at its end. What is not a record stays as it is. */
export function textLine(json: string, options: { readonly colors: boolean }): string {
  let record: LogRecord & Record<string, unknown>;
  try {
    record = JSON.parse(json);
  } catch {
    return json;
  }
  const { level, time, component, message = '', ...fields } = record;
  const paint = (style: Style, text: string) =>
    options.colors ? styleText(style, text, { validateStream: false }) : text;
  const word = level === 'warn' ? 'warning: ' : level === 'error' ? 'error: ' : '';
  const style = LEVEL_STYLES[level];
  const body = `${word}${message}`;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldText(value)}`);
  // A line break inside would let one record look like two.
  const line = `${style ? paint(style, body) : body}${rest.length > 0 ? paint('dim', rest.join('')) : ''}`;
  const oneLine = line.replace(/\r?\n|\r/g, '\\n');
  const stacks = Object.values(fields).map(stackLines).join('');
  return `${paint('dim', `[${timeOfDay(time)}]`)} ${paint('cyan', `[${component}]`)} ${oneLine}\n${stacks}`;
}

function fieldText(value: unknown): string {
  if (isErrorRecord(value))
    return JSON.stringify(value.code ? `${value.message} (${value.code})` : value.message);
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? String(value);
}

interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
}

function isErrorRecord(value: unknown): value is ErrorRecord {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}

/** Where an error of ours came from, on lines of their own that cannot be taken for records. */
function stackLines(value: unknown): string {
  if (!isErrorRecord(value) || !value.stack) return '';
  const frames = value.stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.map((frame) => `    ${frame.trim()}\n`).join('');
}

/** `HH:MM:SS.mmm` in local time. */
function timeOfDay(epochMs: number): string {
  const date = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
