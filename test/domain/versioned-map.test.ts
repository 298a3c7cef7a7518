import { expect, it } from 'vitest';
import { LONGEST_LINEAGE, VersionedMap } from '../../src/domain/versioned-map.ts';

it('an older map stays what it was and can be told what has changed since, for so many changes', () => {
  const older = VersionedMap.of([['a', 0]]);
  let newer = older.with('b', 1);
  for (let change = 1; change < LONGEST_LINEAGE; change += 1) newer = newer.with('a', change);
  expect(newer.changesSince(older)).toEqual(
    new Map<string, unknown>([
      ['b', undefined],
      ['a', 0],
    ]),
  );
  expect([...older.entries()]).toEqual([['a', 0]]);

  // From here on who keeps the older one keeps no more than that.
  const newest = newer.without('b');
  expect(newest.lineage).not.toBe(older.lineage);
  expect(newest.changesSince(older)).toBeNull();
  expect([...newest.entries()]).toEqual([['a', LONGEST_LINEAGE - 1]]);
  expect([...newer.entries()]).toEqual([
    ['a', LONGEST_LINEAGE - 1],
    ['b', 1],
  ]);
  expect(older.get('a')).toBe(0);
});
