/** How much of the memory in use is that of the owners of reservations, and so must not be counted on top of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stableId } from '../../src/domain/ids.ts';
import { type CountedReservation, ownersUse } from '../../src/scheduler/reservations/use.ts';
import type { GpuRecord } from '../../src/scheduler/state.ts';

const gpuId = stableId('gpu', 'card');

function reservation(bytes: number, foreignBefore: number, used?: number): CountedReservation {
  const programs = used === undefined ? null : [{ pid: 1, name: 'program', bytes: used }];
  const kind = foreignBefore === 0 ? 'CONFIGURED' : 'LEASE';
  const rest = { owner: 'someone', expiresAt: null, whileProcess: null, ready: true } as const;
  return {
    id: stableId('rsv', `${bytes} ${foreignBefore}`),
    gpuId,
    bytes,
    foreignBefore,
    kind,
    programs,
    ...rest,
  };
}

function use(foreignBytes: number, ...reservations: readonly CountedReservation[]): number {
  return ownersUse({ foreignBytes } as GpuRecord, reservations);
}

describe('of what is in use, reservations explain', () => {
  test.each([
    ['nothing without any', use(5), 0],
    ['what there is, for one of the configuration', use(3, reservation(2, 0)), 2],
    ['nothing that was there before a lease', use(5, reservation(3, 5)), 0],
    ['what came after a lease', use(6, reservation(3, 5)), 1],
    ['no more than its size', use(20, reservation(3, 5)), 3],
    [
      'another program once, where a lease stands beside the configuration',
      use(5, reservation(2, 0), reservation(3, 5)),
      2,
    ],
    ['both, when the owner of the lease has come', use(8, reservation(2, 0), reservation(3, 5)), 5],
    ['each lease by its own time', use(6, reservation(2, 1), reservation(4, 5)), 3],
    ['a program by its own figure', use(6, reservation(2, 0, 1), reservation(3, 5)), 1],
  ])('%s', (_what, found, expected) => {
    expect(found).toBe(expected);
  });

  test('never more than each may have, nor what was there before the oldest', () => {
    const one = fc.record({ bytes: fc.nat(50), before: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), fc.nat(100), (all, foreign) => {
        const found = use(foreign, ...all.map(({ bytes, before }) => reservation(bytes, before)));
        // For every level: those made at it or later explain no more than what lies above it.
        for (const { before: level } of all) {
          const older = all.filter(({ before }) => before < level);
          const most = older.reduce((sum, { bytes }) => sum + bytes, 0) + Math.max(0, foreign - level);
          expect(found).toBeLessThanOrEqual(most);
        }
        expect(found).toBeLessThanOrEqual(foreign);
      }),
    );
  });
});
