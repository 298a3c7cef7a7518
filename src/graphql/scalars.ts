/** The custom scalars. Each refuses what it does not mean, with a message that says what it would take. */
import { type ConstValueNode, GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { FIRST_MS, LAST_MS, parseInstant } from '../domain/instant.ts';
import { type Json, jsonProblem } from '../domain/json.ts';
import type { RawJson } from './raw-json.ts';

function instant(value: unknown): Date {
  const date = parseInstant(value);
  if (date) return date;
  throw new GraphQLError(
    `DateTime takes an RFC 3339 instant with an offset, such as "2026-11-20T21:40:03.120Z", not ${shown(value)}.`,
  );
}

/** Takes RFC 3339 text; gives a `Date` to resolvers, and takes epoch milliseconds from them. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'An RFC 3339 UTC instant with millisecond precision, e.g. `2026-11-20T21:40:03.120Z`. Any offset is understood in inputs.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  coerceInputValue: instant,
  coerceInputLiteral: (node) => instant(literalValue(node)),
  coerceOutputValue(value) {
    const ms = value instanceof Date ? value.getTime() : value;
    if (typeof ms === 'number' && ms >= FIRST_MS && ms <= LAST_MS) return new Date(ms).toISOString();
    throw new GraphQLError(
      `DateTime cannot represent ${shown(value)}: it is not an instant of the years 0 to 9999.`,
    );
  },
});

function wholeNumber(
  name: string,
  { unit, least = 0 }: { readonly unit?: string; readonly least?: number },
  description: string,
): GraphQLScalarType<number, number> {
  const what = unit ? `a whole number of ${unit}` : 'a whole number';
  const check = (value: unknown): number => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value + 0;
    throw new GraphQLError(
      `${name} takes ${what} from ${least} to ${Number.MAX_SAFE_INTEGER}, not ${shown(value)}.`,
    );
  };
  return new GraphQLScalarType<number, number>({
    name,
    description,
    coerceInputValue: check,
    coerceInputLiteral: (node) => check(literalValue(node)),
    // What was measured or estimated has fractions; whoever asks is told the nearest whole number.
    coerceOutputValue: (value) => check(typeof value === 'number' ? Math.round(value) : value),
  });
}

export const Bytes = wholeNumber(
  'Bytes',
  { unit: 'bytes' },
  'A non-negative number of bytes, as a JSON integer no larger than 2^53 - 1. `Int` is 32-bit and would overflow at 2 GiB.',
);

export const Milliseconds = wholeNumber(
  'Milliseconds',
  { unit: 'milliseconds' },
  'A non-negative number of milliseconds, as a JSON integer no larger than 2^53 - 1.',
);

export const Integer = wholeNumber(
  'Integer',
  { least: Number.MIN_SAFE_INTEGER },
  'A whole number, as a JSON integer from -(2^53 - 1) to 2^53 - 1. `Int` is 32-bit, and clients draw seeds from more.',
);

/** Named after what it carries; the word is a global object in JavaScript. */
export const JsonScalar = new GraphQLScalarType<Json, Json | RawJson>({
  name: 'JSON',
  description: 'Any JSON value. Only for data that this API passes through without interpreting it.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  coerceInputValue: (value) => value as Json,
  coerceInputLiteral: literalValue,
  coerceOutputValue: (value) => value as Json | RawJson,
});

/** Not a list of `Float`: its numbers stand in the answer as they were stored, and none of them is looked at. */
export const Vector = new GraphQLScalarType<never, RawJson>({
  name: 'Vector',
  description: 'A JSON list of finite numbers, with the digits that the backend gave them.',
  coerceInputValue: noVector,
  coerceInputLiteral: noVector,
  coerceOutputValue: (value) => value as RawJson,
});

function noVector(): never {
  throw new GraphQLError('Vector is for answers only.');
}

const CURSOR = /^[A-Za-z0-9_.:~-]{1,100}$/;

function cursor(value: unknown): string {
  if (typeof value === 'string' && CURSOR.test(value)) return value;
  throw new GraphQLError(`EventCursor takes a cursor that this server has given out, not ${shown(value)}.`);
}

export const EventCursor = new GraphQLScalarType<string, string>({
  name: 'EventCursor',
  description:
    'An opaque position among the changes of all jobs, or among decisions. Send the last one received as `after` to resume a subscription. It stays ' +
    'valid when the server restarts; one of another data directory makes the stream begin anew.',
  coerceInputValue: cursor,
  coerceInputLiteral: (node) => cursor(literalValue(node)),
  coerceOutputValue: cursor,
});

/** The JSON value that a literal writes down. */
function literalValue(node: ConstValueNode): Json {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.BOOLEAN:
    case Kind.STRING:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.LIST:
      return node.values.map(literalValue);
    case Kind.OBJECT:
      // A map first, so that a field named __proto__ is a field like any other.
      return Object.fromEntries(
        new Map(node.fields.map((field) => [field.name.value, literalValue(field.value)])),
      );
    case Kind.ENUM:
      throw new GraphQLError(`JSON has no enum values: write "${node.value}" in quotes.`, { nodes: node });
    default:
      return node satisfies never;
  }
}

/** A value as an error message shows it: short, whatever was sent. */
function shown(value: unknown): string {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  const text = isNumber ? String(value) : jsonProblem(value) ? undefined : JSON.stringify(value);
  return text === undefined ? typeof value : text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
