/**
 * Go durations and Ollama's `keep_alive`, in milliseconds with Go's exact error texts.
 */

/** The longest Go duration (2^63 − 1 ns), which Ollama uses for "forever". */
export const FOREVER_MS = 9_223_372_036_854.775;
/** What a conversion of a too large number gives on amd64: the most negative duration. */
const OVERFLOW_MS = -9_223_372_036_854.775;

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** As Go's `time` quotes: each byte that is not printable ASCII as `\x01`. */
function quoteForTime(text: string): string {
  const characters = Array.from(text, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    if (character >= ' ' && character < '\x80') return character;
    return Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  });
  return `"${characters.join('')}"`;
}

/**
 * Reads a Go duration such as `1h30m` or `-1s`; only `0` may go without a unit.
 * @throws Error with Go's text, for example `time: missing unit in duration "300"`.
 */
export function parseGoDuration(text: string): number {
  const quoted = quoteForTime(text);
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') throw new Error(`time: invalid duration ${quoted}`);
  let totalMs = 0;
  while (rest !== '') {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) throw new Error(`time: invalid duration ${quoted}`);
    rest = rest.slice(number.length);
    const unit = /^[^\d.]+/.exec(rest)?.[0];
    if (unit === undefined) throw new Error(`time: missing unit in duration ${quoted}`);
    const unitMs = UNIT_MS[unit];
    if (unitMs === undefined)
      throw new Error(`time: unknown unit ${quoteForTime(unit)} in duration ${quoted}`);
    totalMs += Number(number) * unitMs;
    rest = rest.slice(unit.length);
  }
  if (totalMs > FOREVER_MS) throw new Error(`time: invalid duration ${quoted}`);
  return sign * totalMs;
}

/** The type of a decoded JSON value as Go's `reflect.TypeOf` prints it. */
function goTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return '[]interface {}';
  return 'map[string]interface {}';
}

/**
 * Ollama's `keep_alive` of a request: seconds as a number, or a Go duration; negative is forever.
 * @throws Error with the text that Ollama answers with status 400.
 */
export function parseKeepAlive(value: unknown): number {
  if (typeof value === 'number') {
    if (value < 0) return FOREVER_MS;
    const ms = value * 1_000;
    return ms > FOREVER_MS ? OVERFLOW_MS : ms;
  }
  if (typeof value === 'string') {
    const ms = parseGoDuration(value);
    return ms < 0 ? FOREVER_MS : ms;
  }
  throw new Error(`Unsupported type: '${goTypeOf(value)}'`);
}

/** `OLLAMA_KEEP_ALIVE`: a Go duration, or a whole number of seconds; negative is forever. Undefined when it is neither. */
export function parseKeepAliveSetting(text: string): number | undefined {
  const forever = (ms: number) => (ms < 0 ? FOREVER_MS : ms);
  try {
    return forever(parseGoDuration(text));
  } catch {
    return /^[+-]?\d+$/.test(text) ? forever(Number(text) * 1_000) : undefined;
  }
}
