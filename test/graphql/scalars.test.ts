import fc from 'fast-check';
import { type GraphQLScalarType, parseConstValue } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  Bytes,
  DateTime,
  EventCursor,
  Integer,
  JsonScalar,
  Milliseconds,
} from '../../src/graphql/scalars.ts';

const literal = (scalar: GraphQLScalarType, text: string) =>
  scalar.coerceInputLiteral?.(parseConstValue(text));

describe.each([
  ['Bytes', Bytes],
  ['Milliseconds', Milliseconds],
])('%s', (name, scalar) => {
  test('carries every whole number up to 2^53 - 1, in both directions and as a literal', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(scalar.coerceInputValue(value)).toBe(value);
        expect(scalar.coerceOutputValue(value)).toBe(value);
        expect(literal(scalar, String(value))).toBe(value);
      }),
      { verbose: true },
    );
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', true, null, [1], { bytes: 1 }])(
    'refuses %j and says what it takes',
    (value) => {
      expect(() => scalar.coerceInputValue(value)).toThrow(
        new RegExp(`${name} takes a whole number of .* from 0 to`),
      );
    },
  );

  test('refuses literals beyond 2^53 - 1, fractions and text', () => {
    for (const text of ['9007199254740993', '1.5', '-1', '"5"', 'FIVE']) {
      expect(() => literal(scalar, text)).toThrow();
    }
  });

  test('tells fractions of our own as the nearest whole number, and nothing negative', () => {
    expect(scalar.coerceOutputValue(12.5)).toBe(13);
    expect(Object.is(scalar.coerceOutputValue(-0), 0)).toBe(true);
    expect(() => scalar.coerceOutputValue(-5)).toThrow();
  });
});

describe('Integer', () => {
  test('carries every whole number that JSON bears exactly, in both directions and as a literal', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(Integer.coerceInputValue(value)).toBe(value);
        expect(Integer.coerceOutputValue(value)).toBe(value);
        expect(literal(Integer, String(value))).toBe(value);
      }),
    );
  });

  test.each([2 ** 53, -(2 ** 53), 0.5, '5', true, null, [1]])(
    'refuses %j and says what it takes',
    (value) => {
      expect(() => Integer.coerceInputValue(value)).toThrow(
        /Integer takes a whole number from -9\d+ to 9\d+, not/,
      );
    },
  );
});

describe('DateTime', () => {
  test('gives back every instant that it has written, to the millisecond', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const text = DateTime.coerceOutputValue(date.getTime());
          expect(DateTime.coerceInputValue(text).getTime()).toBe(date.getTime());
          expect(literal(DateTime, `"${text}"`)).toEqual(date);
        },
      ),
      { verbose: true },
    );
  });

  test('understands offsets, lower case and missing or long fractions', () => {
    const instant = Date.UTC(2026, 10, 20, 21, 40, 3);
    for (const text of [
      '2026-11-20T21:40:03Z',
      '2026-11-20t21:40:03z',
      '2026-11-20T22:40:03+01:00',
      '2026-11-21T03:10:03.0009999+05:30',
      '2026-11-20T13:40:03.000-08:00',
    ]) {
      expect(DateTime.coerceInputValue(text).getTime(), text).toBe(instant);
    }
  });

  test.each([
    '2026-11-20',
    '2026-11-20T21:40:03',
    '2026-11-20 21:40:03Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '9999-12-31T23:59:59-01:00',
    '2026-11-20T21:60:00Z',
    'tomorrow',
    '',
    1_700_000_000_000,
    null,
    {},
  ])('refuses %j and says what it takes', (value) => {
    expect(() => DateTime.coerceInputValue(value)).toThrow(/RFC 3339 instant with an offset/);
  });

  test('never lets anything through that it could not write again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)), (text) => {
        let date: Date;
        try {
          date = DateTime.coerceInputValue(text);
        } catch {
          return;
        }
        expect(date.toISOString().slice(0, 19)).toBe(text.slice(0, 19).toUpperCase());
      }),
      { verbose: true },
    );
  });

  test('refuses to write what is no instant', () => {
    for (const value of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      9e15,
      1e15,
      null,
      true,
      '2026-11-20T21:40:03Z',
      {},
    ]) {
      expect(() => DateTime.coerceOutputValue(value)).toThrow(/not an instant/);
    }
  });
});

describe('JSON', () => {
  test('passes every JSON value through unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JsonScalar.coerceInputValue(value)).toBe(value);
        expect(JsonScalar.coerceOutputValue(value as never)).toBe(value);
      }),
      { verbose: true },
    );
  });

  test('reads literals as the JSON that they look like', () => {
    expect(literal(JsonScalar, '{ a: [1, 2.5, "x", null, true], b: { c: -3e2 } }')).toEqual({
      a: [1, 2.5, 'x', null, true],
      b: { c: -300 },
    });
  });

  test('keeps a field named __proto__ a field', () => {
    const value = literal(JsonScalar, '{ __proto__: { admin: true } }');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect((value as { admin?: boolean }).admin).toBeUndefined();
  });

  test('has no enum values', () => {
    expect(() => literal(JsonScalar, '[RED]')).toThrow(/write "RED" in quotes/);
  });
});

describe('EventCursor', () => {
  test('carries the cursors of the event log', () => {
    for (const cursor of ['Ab_-12xz.0', 'Ab_-12xz.a1b2', 'Ab_-12xz.zz.part']) {
      expect(EventCursor.coerceInputValue(cursor)).toBe(cursor);
    }
  });

  test.each([5, null, '', 'a b', 'x'.repeat(200), 'é'])('refuses %j', (value) => {
    expect(() => EventCursor.coerceInputValue(value)).toThrow(/that this server has given out/);
  });
});
