/** Loads that fail without a known reason: whether that lies in the model or around it is told by what becomes of others there. */
import { describe, expect, test } from 'vitest';
import type { GpuId } from '../../src/domain/ids.ts';
import { afterFailedLoad, afterLoad, finalHold, type LoadHold } from '../../src/scheduler/loads/holds.ts';

const MINUTE = 60_000;
const on = (...ids: string[]) => ids.map((gpuId) => ({ gpuId: gpuId as GpuId, bytes: 1 }));
const failed = (footprint = on('a')) =>
  ({
    variant: { modelName: 'm' },
    code: 'LOAD_FAILED',
    remedy: 'retry',
    message: 'exit status 1',
    footprint,
  }) as const;

/** Fails every half minute, and what `between` does happens before each. */
function failing(
  minutes: number,
  between: (holds: ReadonlyMap<string, LoadHold>) => ReadonlyMap<string, LoadHold> = (holds) => holds,
): LoadHold | undefined {
  let holds: ReadonlyMap<string, LoadHold> = new Map();
  for (let at = 0; at <= minutes * MINUTE; at += MINUTE / 2) {
    holds = between(holds);
    holds = new Map(holds).set('m', afterFailedLoad(holds.get('m'), failed(), at));
  }
  return holds.get('m');
}

describe('a model that fails again and again', () => {
  test('is never given up where nothing else is loaded: a driver may be broken for hours', () => {
    expect(failing(180)).toMatchObject({ isFinal: false, failures: 361 });
  });

  test('is given up after minutes in which others were loaded onto the same card', () => {
    const others = (holds: ReadonlyMap<string, LoadHold>) =>
      afterLoad(holds, 'other', { footprint: on('a') });
    expect(failing(4, others)?.isFinal).toBe(false);
    expect(failing(6, others)?.isFinal).toBe(true);
  });

  test('is not given up for what was loaded onto another card, or onto the CPU', () => {
    expect(failing(60, (holds) => afterLoad(holds, 'other', { footprint: on('b') }))?.isFinal).toBe(false);
    expect(failing(60, (holds) => afterLoad(holds, 'other', { footprint: [] }))?.isFinal).toBe(false);
  });

  test('is like new after a load that succeeded', () => {
    expect(
      afterLoad(new Map([['m', afterFailedLoad(undefined, failed(), 0)]]), 'm', { footprint: on('a') }).size,
    ).toBe(0);
  });

  test('is like new an hour later', () => {
    const first = afterFailedLoad(undefined, failed(), 0);
    expect(afterFailedLoad(first, failed(), 2 * MINUTE).failures).toBe(2);
    expect(afterFailedLoad(first, failed(), 90 * MINUTE).failures).toBe(1);
  });
});

test('a failure that the server calls final holds for a while, and is tried once more after it', () => {
  const hold = afterFailedLoad(undefined, { ...failed(), remedy: 'none' }, 0);
  const holds = new Map([['m', hold]]);
  expect(finalHold(holds, 'm', 10_000)).toBe(hold);
  expect(finalHold(holds, 'other', 10_000)).toBeNull();
  expect(finalHold(holds, 'm', MINUTE)).toBeNull();
});
