import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type VramUsage, vramUsage } from '../../src/domain/gpu.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import { allocateWorkers } from '../../src/view/worker-allocation.ts';

/** The ledger of a card of 24 GiB. */
function ledger(input: {
  headroom?: number;
  reserved?: number;
  foreign?: number;
  instances?: number;
}): VramUsage {
  const { headroom = 0, reserved = 0, foreign = 0, instances = 0 } = input;
  return vramUsage({
    reading: {
      key: 'GPU-0',
      index: 0,
      name: 'Card',
      totalBytes: 24 * GiB,
      usedBytes: foreign + instances,
      processes: [],
      source: 'DRIVER',
      sampledAt: 0,
    },
    headroomBytes: headroom,
    reservedBytes: reserved,
    foreignBytes: foreign,
    instanceBytes: instances,
  });
}

const rules = {
  maxWorkers: null,
  maxWorkersPerGib: 0.25,
  minBytesPerWorker: 3 * GiB,
  gpuName: 'GPU 0 of box',
};

describe('a test framework beside a model server on a card of 24 GiB, 2 GiB of which somebody else uses', () => {
  const beside = (reservedMiB: number) =>
    ledger({ headroom: 1024 * MiB, reserved: reservedMiB * MiB, foreign: 2 * GiB });

  test('with 12 GiB kept for the server gets 2 workers of 4.5 GiB', () => {
    const usage = beside(12_288);
    expect(usage.totalBytes - usage.usedBytes).toBe(22 * GiB);
    expect(allocateWorkers({ ...rules, usage })).toEqual({
      workers: 2,
      bytesPerWorker: 4.5 * GiB,
      freeBytes: 9 * GiB,
      explanation: [
        'GPU 0 of box, of which 2.0 GiB are in use:',
        '  total         24.0 GiB',
        '  - headroom     1.0 GiB',
        '  - reserved    12.0 GiB',
        '  - foreign      2.0 GiB',
        '  - instances        0 B',
        '  = free         9.0 GiB',
        'At most 0.25 workers per free GiB: 9 x 0.25 = 2.25, so 2.',
        'At least 3.0 GiB for each: 9.0 GiB / 3.0 GiB = 3, so 3.',
        'No upper limit was given.',
        'Result: 2 workers of 4.5 GiB each.',
      ],
    });
  });

  test.each([
    ['aggressive', 11_264, 0.33, 2.5, 3, 10 / 3],
    ['ultra-conservative', 14_336, 0.2, 4, 1, 7],
  ])(
    'with the %s profile gets what it says',
    (_name, reservedMiB, maxWorkersPerGib, minGiB, workers, gib) => {
      const answer = allocateWorkers({
        ...rules,
        usage: beside(reservedMiB),
        maxWorkersPerGib,
        minBytesPerWorker: minGiB * GiB,
      });
      expect(answer).toMatchObject({ workers, bytesPerWorker: Math.floor(gib * GiB) });
    },
  );

  test('with the 14B model of 10.8 GiB in memory instead of a reservation counts that', () => {
    const usage = ledger({ headroom: GiB, instances: 10.8 * GiB });
    expect(allocateWorkers({ ...rules, usage })).toMatchObject({
      workers: 3,
      freeBytes: 24 * GiB - 11.8 * GiB,
    });
  });
});

test('no room is no worker, and the explanation says to use the CPU', () => {
  const { workers, bytesPerWorker, explanation } = allocateWorkers({
    ...rules,
    usage: ledger({ foreign: 22 * GiB }),
  });
  expect({ workers, bytesPerWorker }).toEqual({ workers: 0, bytesPerWorker: 0 });
  expect(explanation.at(-1)).toBe('Result: 0 workers. Run them on the CPU.');
});

test('an overdrawn card is said to be so', () => {
  const { workers, explanation } = allocateWorkers({
    ...rules,
    usage: ledger({ foreign: 20 * GiB, reserved: 8 * GiB }),
  });
  expect(workers).toBe(0);
  expect(explanation).toContain('  The claims exceed the card by 4.0 GiB, so nothing is free.');
});

const question = fc.record({
  usage: fc
    .record({
      headroom: fc.integer({ min: 0, max: 2 * GiB }),
      reserved: fc.integer({ min: 0, max: 12 * GiB }),
      foreign: fc.integer({ min: 0, max: 12 * GiB }),
      instances: fc.integer({ min: 0, max: 12 * GiB }),
    })
    .map(ledger),
  maxWorkers: fc.option(fc.integer({ min: 1, max: 64 })),
  maxWorkersPerGib: fc.integer({ min: 1, max: 400 }).map((hundredths) => hundredths / 100),
  minBytesPerWorker: fc.integer({ min: 1, max: 8 * GiB }),
  gpuName: fc.constant('GPU'),
});

test('the workers fit, keep every limit, and one more would break one', () => {
  fc.assert(
    fc.property(question, (asked) => {
      const { workers, bytesPerWorker, freeBytes } = allocateWorkers(asked);
      const allowed = (count: number) =>
        count * asked.minBytesPerWorker <= freeBytes &&
        // In hundredths, as the limits are given.
        count * 100 * GiB <= freeBytes * Math.round(asked.maxWorkersPerGib * 100) * (1 + 1e-8) &&
        count <= (asked.maxWorkers ?? Number.POSITIVE_INFINITY);
      expect(freeBytes).toBe(asked.usage.freeBytes);
      expect(workers * bytesPerWorker).toBeLessThanOrEqual(freeBytes);
      if (workers > 0) expect(bytesPerWorker).toBeGreaterThanOrEqual(asked.minBytesPerWorker);
      expect(allowed(workers)).toBe(true);
      expect(allowed(workers + 1)).toBe(false);
    }),
  );
});

test('figures are never rounded up to a worker that is not there', () => {
  const usage = ledger({ foreign: 6 * GiB + MiB });
  const { explanation } = allocateWorkers({ ...rules, usage });
  expect(explanation).toContain('At least 3.0 GiB for each: 18.0 GiB / 3.0 GiB = 5.99, so 5.');
});

test('100 free GiB at 0.29 per GiB are 29 workers, whatever floating point makes of it', () => {
  const usage = { ...ledger({}), freeBytes: 100 * GiB };
  expect(allocateWorkers({ ...rules, usage, maxWorkersPerGib: 0.29, minBytesPerWorker: 1 }).workers).toBe(29);
});
