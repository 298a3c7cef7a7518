import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEEPEST_JSON, jsonProblem, withoutAbsent } from '../../src/domain/json.ts';
import { nested } from '../support/nested.ts';

class Own {
  readonly field = 1;
}

describe('a value that is JSON', () => {
  it('is taken, and survives being written, sent and read', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
        expect(jsonProblem(value)).toBeNull();
        expect(JSON.parse(JSON.stringify(structuredClone(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('may have no prototype, and fields that are left out', () => {
    expect(jsonProblem(Object.assign(Object.create(null), { a: [1, { b: undefined }] }))).toBeNull();
  });

  it.each(['objects', 'lists'] as const)(
    'may hold as many %s in each other as the limit, and no more',
    (of) => {
      expect(jsonProblem(nested(DEEPEST_JSON, of))).toBeNull();
      for (const levels of [DEEPEST_JSON + 1, 4_000, 200_000])
        expect(jsonProblem(nested(levels, of))?.message).toContain(`${DEEPEST_JSON} levels`);
    },
  );
});

describe('a value that is no JSON', () => {
  const circle: Record<string, unknown> = {};
  circle.again = [circle, circle, circle];
  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['nothing', undefined],
    ['not a number', Number.NaN],
    ['infinite', Number.NEGATIVE_INFINITY],
    ['an instant', new Date()],
    ['a map', new Map()],
    ['bytes', new Uint8Array(3)],
    ['of a class', new Own()],
    ['a circle', circle],
  ])('is named by its place when it is %s', (_what, value) => {
    expect(jsonProblem(value)).not.toBeNull();
    expect(jsonProblem({ a: [0, value] })?.path.slice(0, 2)).toEqual(['a', '1']);
  });
});

it('loses the fields that are undefined as writing and reading would, at every depth', () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('tree')),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constant('__proto__')),
        fc.option(tie('tree'), { nil: undefined }),
      ),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const kept = withoutAbsent(value);
      expect(kept).toStrictEqual(JSON.parse(JSON.stringify(value)));
      expect(JSON.stringify(kept)).toBe(JSON.stringify(value));
    }),
  );
});
