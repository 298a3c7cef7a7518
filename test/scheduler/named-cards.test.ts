/** Models whose settings name their cards. */
import { expect, test } from 'vitest';
import { NO_OVERHEAD } from '../../src/domain/card-overhead.ts';
import type { GpuId } from '../../src/domain/ids.ts';
import { type Card, place } from '../../src/scheduler/decide/placement.ts';

const card = (index: number, freeBytes: number): Card => ({
  id: `gpu_${index}` as GpuId,
  index,
  freeBytes,
  headroomBytes: 0,
  reservedBytes: 0,
  movingBytes: 0,
});
const cards = [card(0, 100), card(1, 50), card(2, 40)];
const chooser = { oneInstancePerWeights: false };

test.each([
  ['nobody names any', undefined, 60, [[0, 60]]],
  ['one is named, and another has more room', [1], 45, [[1, 45]]],
  ['the one that is named is too small', [1], 60, null],
  [
    'two are named, though one would do',
    [1, 2],
    60,
    [
      [1, 30],
      [2, 30],
    ],
  ],
  ['one of two has no room for its half', [0, 2], 90, null],
  ['one of two is not there', [0, 7], 10, null],
] as const)('where %s, %j, %d bytes lie on %j', (_when, gpus, footprintBytes, placed) => {
  const load = { footprintBytes, overhead: NO_OVERHEAD, ...(gpus && { gpus }) };
  const expected = placed?.map(([index, bytes]) => ({ gpuId: `gpu_${index}`, bytes })) ?? null;
  expect(place(load, cards, chooser)).toEqual(expected);
});

test('of several cards that are named each has the overhead of the driver', () => {
  const load = { footprintBytes: 40, overhead: { aloneBytes: 4, splitBytes: 6 }, gpus: [0, 1] };
  expect(place(load, cards, chooser)?.map(({ bytes }) => bytes)).toEqual([24, 24]);
});
