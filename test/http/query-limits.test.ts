import fc from 'fast-check';
import { buildSchema, getIntrospectionQuery, Kind, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { MiB } from '../../src/domain/units.ts';
import { DEFAULT_LIMITS } from '../../src/graphql/server/limits.ts';
import { limitsRule, parseWithin } from '../../src/graphql/server/limits-rule.ts';
import { Measurer } from '../../src/graphql/server/measure.ts';
import { TextCache } from '../../src/graphql/server/text-cache.ts';
import { heldBytes } from '../support/heap.ts';
import { post } from './support/graphql-client.ts';
import { testServer } from './support/own-server.ts';

const TREE = buildSchema(`
  type Query { node: Node! nodes(ids: [ID!]!): [Node]! items(first: Int, last: Int): Items! }
  type Node { id: ID! name: String node: Node! children: [Node!]! items(first: Int, last: Int): Items! }
  type Items { nodes: [Node!]! edges: [Edge!]! totalCount: Int! }
  type Edge { node: Node! }
`);

function measure(query: string) {
  const document = parse(query);
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('No operation.');
  return new Measurer(TREE, fragments, 100).operation(operation);
}

const brokenLimits = (query: string) =>
  validate(TREE, parse(query), [limitsRule(DEFAULT_LIMITS)]).map((error) => error.extensions);

describe('the limits on a query', () => {
  it('count fields, depth and aliases', () => {
    expect(measure('{ a: node { b: node { id } c: id } }')).toMatchObject({
      depth: 3,
      aliases: 3,
      fields: 4,
    });
  });

  it('count a page once for the lists in it, and other lists by what they may hold', () => {
    expect(measure('{ items(first: 20) { totalCount nodes { id name } } }').cost).toBe(1 + 20 * 4);
    expect(measure('{ items(last: 20) { edges { node { id } } } }').cost).toBe(1 + 20 * 3);
    expect(measure('query ($n: Int) { items(first: $n) { nodes { id } } }').cost).toBe(1 + 100 * 2);
    expect(measure('{ node { children { id name } } }').cost).toBe(1 + 1 + 10 * 2);
    expect(measure('{ nodes(ids: ["a", "b"]) { id } }').cost).toBe(1 + 2);
  });

  it('count a fragment wherever it is spread', () => {
    const query = '{ node { ...N children { ...N } } } fragment N on Node { id name }';
    expect(measure(query)).toMatchObject({ depth: 3, fields: 6, cost: 1 + 2 + 1 + 10 * 2 });
  });

  it('are the same for a query with fragments and for what it expands to', () => {
    const leaf = fc.constantFrom('id', 'name');
    const { selection } = fc.letrec<{ selection: string }>((tie) => ({
      selection: fc.oneof(
        { maxDepth: 4 },
        leaf,
        tie('selection').map((inner) => `node { ${inner} }`),
        tie('selection').map((inner) => `items(first: 3) { nodes { ${inner} } }`),
        fc.tuple(tie('selection'), tie('selection')).map(([a, b]) => `x: children { ${a} } ${b}`),
      ),
    }));
    fc.assert(
      fc.property(selection, selection, (inner, outer) => {
        const spread = `{ node { ...F node { ...F } children { ...F ${outer} } } } fragment F on Node { ${inner} }`;
        const expanded = `{ node { ${inner} node { ${inner} } children { ${inner} ${outer} } } }`;
        const { page: pageOfSpread, ...ofSpread } = measure(spread);
        const { page, ...ofExpanded } = measure(expanded);
        expect({ ...ofSpread, page: pageOfSpread?.size }).toEqual({ ...ofExpanded, page: page?.size });
      }),
    );
  });

  it('are told by name, for each that is broken', () => {
    const nested = (depth: number) => `${'{ node '.repeat(depth)}{ id }${' }'.repeat(depth)}`;
    expect(brokenLimits(nested(11))).toEqual([]);
    expect(brokenLimits(nested(12))).toMatchObject([
      { code: 'QUERY_LIMIT_EXCEEDED', limit: 'depth', maximum: 12, found: 13 },
    ]);
    const aliases = Array.from({ length: 31 }, (_, i) => `a${i}: node { id }`).join(' ');
    expect(brokenLimits(`{ ${aliases} }`)).toMatchObject([{ limit: 'aliases', maximum: 30, found: 31 }]);
    expect(brokenLimits('{ items(first: 101) { totalCount } }')).toMatchObject([
      { limit: 'page', maximum: 100, found: 101 },
    ]);
    const lists = '{ node { children { children { children { children { children { id } } } } } } }';
    expect(brokenLimits(lists)).toMatchObject([{ limit: 'cost', maximum: 100_000, found: 111_112 }]);
  });

  it('hold against fragments that multiply, and against those that contain themselves', () => {
    const levels = 60;
    const bombs = Array.from(
      { length: levels },
      (_, i) => `fragment F${i} on Node { ...F${i + 1} ...F${i + 1} }`,
    );
    const bomb = `{ node { ...F0 } } ${bombs.join(' ')} fragment F${levels} on Node { id }`;
    const [broken] = brokenLimits(bomb);
    expect(broken).toMatchObject({ limit: 'fields', maximum: 500 });
    expect(
      measure('{ node { ...A } } fragment A on Node { id ...B } fragment B on Node { ...A }').fields,
    ).toBe(2);
  });

  it('let the introspection of tools pass', async () => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(brokenLimits(query)).toEqual([]);
    const { url } = await testServer();
    expect((await post(url, query)).result.errors).toBeUndefined();
  });

  it('hold before parsing too', () => {
    const tokens = (count: number) => `{ ${'a '.repeat(count - 2)}}`;
    expect(parseWithin(DEFAULT_LIMITS, tokens(2_000)).definitions).toHaveLength(1);
    const refusal = (text: string) => {
      try {
        parseWithin(DEFAULT_LIMITS, text);
      } catch (error) {
        return (error as { extensions: object }).extensions;
      }
    };
    expect(refusal(tokens(2_001))).toMatchObject({ limit: 'tokens', maximum: 2_000 });
    expect(refusal(`{ a } # ${'x'.repeat(131_072)}`)).toMatchObject({
      limit: 'characters',
      maximum: 131_072,
    });
    expect(refusal('{ a ')).toMatchObject({ code: 'GRAPHQL_PARSE_FAILED' });
    expect(refusal(`{ "unterminated`)).toMatchObject({ code: 'GRAPHQL_PARSE_FAILED' });
  });

  it('reach the caller as GraphQL errors, with 400 or, for clients of the old media type, 200', async () => {
    const { url } = await testServer();
    const query = '{ items(first: 1000) { totalCount } }';
    const modern = await post(url, query);
    expect(modern).toMatchObject({
      status: 400,
      result: { errors: [{ extensions: { limit: 'page', maximum: 100 } }] },
    });
    expect(modern.result.errors?.[0]?.extensions).not.toHaveProperty('http');
    const old = await post(url, query, { headers: { accept: 'application/json' } });
    expect(old).toMatchObject({ status: 200, result: { errors: [{ extensions: { limit: 'page' } }] } });
  });
});

describe('the cache of parsed queries', () => {
  it('holds nothing of the requests that sent wrong ones', async () => {
    const { url } = await testServer();
    const wrong = async (round: number) => {
      for (let i = 0; i < 10; i += 1) {
        const variables = { text: `${round} ${i} `.repeat(150_000) };
        for (const query of [`{ # ${round} ${i}`, `{ nothing${round}x${i} }`])
          expect((await post(url, query, { variables })).result.errors).toHaveLength(1);
      }
      return heldBytes();
    };
    const before = await wrong(1);
    expect((await wrong(2)) - before).toBeLessThan(4 * MiB);
  });

  it('never holds more characters than it may, and gives back what it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 12 }), fc.nat())), (entries) => {
        const cache = new TextCache<number>(64);
        const model = new Map<string, number>();
        for (const [text, value] of entries) {
          cache.set(text, value);
          model.set(text, value);
          expect(cache.characters).toBeLessThanOrEqual(64);
          if (text.length <= 4) expect(cache.get(text)).toBe(value);
          for (const [known, latest] of model) expect([undefined, latest]).toContain(cache.get(known));
        }
      }),
    );
  });
});
