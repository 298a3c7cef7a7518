/** Relay paging: checked arguments, opaque cursors, and pages of lists that are in memory. */
import { requestError } from './request-errors.ts';

export const LARGEST_PAGE = 100;

export interface PageArguments {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

/** What to read: `limit` items from the start, or the end, of what lies strictly between two positions. */
export interface PageRange<Position> {
  readonly limit: number;
  readonly fromEnd: boolean;
  readonly after?: Position;
  readonly before?: Position;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/**
 * @param parse the position that a cursor's text stands for; undefined when it is none of this list.
 * @throws GraphQLError BAD_USER_INPUT
 */
export function pageRange<Position>(
  args: PageArguments,
  parse: (text: string) => Position | undefined,
): PageRange<Position> {
  const first = args.first ?? null;
  const last = args.last ?? null;
  const limit = first ?? last;
  if (limit === null || (first !== null && last !== null)) {
    throw requestError('BAD_USER_INPUT', `Give exactly one of first and last, from 1 to ${LARGEST_PAGE}.`);
  }
  if (limit < 1 || limit > LARGEST_PAGE) {
    const name = first === null ? 'last' : 'first';
    throw requestError('BAD_USER_INPUT', `${name} must be from 1 to ${LARGEST_PAGE}, not ${limit}.`);
  }
  return {
    limit,
    fromEnd: first === null,
    ...position('after', args.after, parse),
    ...position('before', args.before, parse),
  };
}

function position<Name extends 'after' | 'before', Position>(
  name: Name,
  cursor: string | null | undefined,
  parse: (text: string) => Position | undefined,
): { readonly [K in Name]?: Position } {
  if (cursor === null || cursor === undefined) return {};
  const text = decodeCursor(cursor);
  const found = text === undefined ? undefined : parse(text);
  if (found === undefined) {
    throw requestError(
      'BAD_USER_INPUT',
      `The cursor given as ${name} does not belong to this list in this order. Take one from pageInfo or an edge of it.`,
    );
  }
  return { [name]: found } as { readonly [K in Name]?: Position };
}

export function encodeCursor(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

/** Undefined for anything that `encodeCursor` cannot have written. */
export function decodeCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  return encodeCursor(text) === cursor ? text : undefined;
}

/**
 * A page of a list that is already in its order.
 * @param compare below 0 when the item comes before the position, above 0 when after it, 0 when it is there.
 */
export function pageOf<Item, Position>(
  items: readonly Item[],
  range: PageRange<Position>,
  compare: (item: Item, position: Position) => number,
): Page<Item> {
  const { after, before, limit } = range;
  const start = after === undefined ? 0 : countWhile(items, (item) => compare(item, after) <= 0);
  const end = before === undefined ? items.length : countWhile(items, (item) => compare(item, before) < 0);
  const from = range.fromEnd ? Math.max(start, end - limit) : start;
  const to = range.fromEnd ? Math.max(start, end) : Math.min(Math.max(start, end), start + limit);
  return { items: items.slice(from, to), hasPrevious: from > 0, hasNext: to < items.length };
}

function countWhile<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  const index = items.findIndex((item) => !holds(item));
  return index < 0 ? items.length : index;
}

/** The value behind a connection type. `cursorText` is what `parse` of the page's range understands. */
export function connectionOf<Item>(
  page: Page<Item>,
  cursorText: (item: Item) => string,
  count: () => number | Promise<number>,
) {
  const edges = page.items.map((node) => ({ node, cursor: encodeCursor(cursorText(node)) }));
  return {
    edges,
    count,
    pageInfo: {
      hasPreviousPage: page.hasPrevious,
      hasNextPage: page.hasNext,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
