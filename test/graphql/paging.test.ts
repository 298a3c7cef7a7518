import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  connectionOf,
  decodeCursor,
  encodeCursor,
  type PageArguments,
  pageOf,
  pageRange,
} from '../../src/graphql/paging.ts';

const parseNumber = (text: string) => (/^n \d+$/.test(text) ? Number(text.slice(2)) : undefined);
const cursor = (value: number) => encodeCursor(`n ${value}`);

function refusal(args: PageArguments): GraphQLError {
  try {
    pageRange(args, parseNumber);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
  }
  throw new Error(`${JSON.stringify(args)} was taken.`);
}

describe('pageRange', () => {
  test.each<PageArguments>([
    {},
    { first: null },
    { first: 1, last: 1 },
    { first: 0 },
    { first: -1 },
    { last: 101 },
    { first: 10, after: 'n 5' },
    { first: 10, after: '' },
    { first: 10, before: encodeCursor('m 5') },
    { first: 10, after: `${cursor(5)}=` },
  ])('refuses %j with BAD_USER_INPUT', (args) => {
    expect(refusal(args).extensions.code).toBe('BAD_USER_INPUT');
  });

  test('takes first or last, from 1 to 100, and the positions behind cursors', () => {
    expect(pageRange({ first: 100, last: null, after: cursor(0) }, parseNumber)).toEqual({
      limit: 100,
      fromEnd: false,
      after: 0,
    });
    expect(pageRange({ last: 1, before: cursor(7) }, parseNumber)).toEqual({
      limit: 1,
      fromEnd: true,
      before: 7,
    });
  });
});

test('cursors stand for any text, and other text stands for none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
      expect(decodeCursor(encodeCursor(text))).toBe(text);
      const decoded = decodeCursor(other);
      if (decoded !== undefined) expect(encodeCursor(decoded)).toBe(other);
    }),
    { verbose: true },
  );
});

const sorted = fc.uniqueArray(fc.nat(200), { maxLength: 40 }).map((values) => values.sort((a, b) => a - b));
const compare = (item: number, position: number) => item - position;

/** Every page in one direction, put together. */
function walk(items: readonly number[], limit: number, forwards: boolean): number[] {
  const seen: number[][] = [];
  let args: PageArguments = forwards ? { first: limit } : { last: limit };
  for (;;) {
    const page = pageOf(items, pageRange(args, parseNumber), compare);
    const { pageInfo, edges } = connectionOf(
      page,
      (item) => `n ${item}`,
      () => items.length,
    );
    seen.push(edges.map((edge) => edge.node));
    const more = forwards ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
    if (!more) return (forwards ? seen : seen.reverse()).flat();
    args = forwards
      ? { first: limit, after: pageInfo.endCursor }
      : { last: limit, before: pageInfo.startCursor };
  }
}

describe('pageOf', () => {
  test('shows everything once and in order, in both directions, whatever the size of the page', () => {
    fc.assert(
      fc.property(sorted, fc.integer({ min: 1, max: 100 }), (items, limit) => {
        expect(walk(items, limit, true)).toEqual(items);
        expect(walk(items, limit, false)).toEqual(items);
      }),
      { verbose: true },
    );
  });

  test('is the slice between its cursors, which need not be in the list any more', () => {
    fc.assert(
      fc.property(
        sorted,
        fc.nat(200),
        fc.nat(200),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        (items, after, before, limit, fromEnd) => {
          const between = items.filter((item) => item > after && item < before);
          const page = pageOf(items, { after, before, limit, fromEnd }, compare);
          expect(page.items).toEqual(fromEnd ? between.slice(-limit) : between.slice(0, limit));
        },
      ),
      { verbose: true },
    );
  });
});

test('an empty page has no cursors', () => {
  const page = pageOf<number, number>([], { limit: 5, fromEnd: false }, compare);
  expect(connectionOf(page, String, () => 0)).toMatchObject({
    edges: [],
    pageInfo: { startCursor: null, endCursor: null, hasNextPage: false, hasPreviousPage: false },
  });
});
