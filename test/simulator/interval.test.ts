import { expect, test } from 'vitest';
import { intervalOf } from '../../bench/scheduler/cells.ts';

/** As tables of the sign test have them. */
test.each([
  [5, null],
  [6, [1, 6]],
  [8, [1, 8]],
  [9, [2, 8]],
  [10, [2, 9]],
  [20, [6, 15]],
])('of %i values the median lies between those of these ranks', (count, ranks) => {
  const values = Array.from({ length: count }, (_, i) => ((i * 7) % count) + 1);
  const distinct = new Set(values).size === count ? values : values.map((_, i) => count - i);
  expect(intervalOf(distinct)).toEqual(ranks);
});
