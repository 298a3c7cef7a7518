import { describe, expect, test } from 'vitest';
import { FOREVER_MS } from '../../src/ollama-api/duration.ts';
import type { OptionMap } from '../../src/virtual-ollama/core/options.ts';
import { Bench, thinModel } from './bench.ts';

const catalog = [thinModel('a', 100), thinModel('b', 100)];

function runnerOf(bench: Bench) {
  const [runner] = bench.core.scheduler.runners();
  if (!runner) throw new Error('nothing is loaded');
  return runner;
}

describe('reloads', () => {
  const first: OptionMap = { num_ctx: 1_024 };
  const cases: readonly [what: string, options: OptionMap, shift: boolean | undefined, reloads: boolean][] = [
    ['the same context', { num_ctx: 1_024 }, undefined, false],
    ['no context, which means the default and not what is loaded', {}, undefined, true],
    ['another context', { num_ctx: 1_025 }, undefined, true],
    ['another number of threads', { num_ctx: 1_024, num_thread: 1 }, undefined, true],
    ['another batch', { num_ctx: 1_024, num_batch: 128 }, undefined, true],
    ['use_mmap', { num_ctx: 1_024, use_mmap: true }, undefined, true],
    ['main_gpu', { num_ctx: 1_024, main_gpu: 0 }, undefined, true],
    ['an explicit number of layers', { num_ctx: 1_024, num_gpu: 5 }, undefined, true],
    ['a negative number of layers', { num_ctx: 1_024, num_gpu: -1 }, undefined, false],
    ['shift: false', { num_ctx: 1_024 }, false, true],
    ['shift: true, the default', { num_ctx: 1_024 }, true, false],
    ['another temperature', { num_ctx: 1_024, temperature: 0 }, undefined, false],
    ['another num_predict', { num_ctx: 1_024, num_predict: 3 }, undefined, false],
  ];

  test.each(cases)('%s', (_, options, shift, reloads) => {
    const bench = new Bench({ catalog });
    bench.ask('a', { options: first });
    bench.run(3_000);
    const next = bench.ask('a', { options, ...(shift === undefined ? {} : { shift }) });
    bench.run(10_000);
    expect(next.doneAtMs).toBeDefined();
    expect(bench.count('loaded')).toBe(reloads ? 2 : 1);
    expect(bench.unloads).toEqual(reloads ? ['a reloaded'] : []);
  });

  test('the explicit default does not reload, nor does a context above what the model was trained for', () => {
    const bench = new Bench({ catalog });
    bench.load('a');
    bench.ask('a', { options: { num_ctx: 2_048 } });
    bench.run(2_000);
    expect(bench.count('loaded')).toBe(1);
    bench.ask('b', { options: { num_ctx: 100_000 } });
    bench.run(2_000);
    bench.ask('b', { options: { num_ctx: 8_192 } });
    bench.run(2_000);
    expect(bench.count('loaded')).toBe(2);
  });

  test('a reload waits for running requests, and holds up every other load', () => {
    const bench = new Bench({ catalog });
    bench.load('a');
    const running = bench.ask('a', { outputTokens: 300 });
    bench.run(20);
    const reload = bench.ask('a', { options: { num_ctx: 1_000 } });
    const other = bench.ask('b');
    bench.run(2_500);
    expect(running.doneAtMs).toBeUndefined();
    bench.run(10_000);
    expect(reload.loadedAtMs).toBeGreaterThan(running.doneAtMs ?? Number.POSITIVE_INFINITY);
    expect(other.loadedAtMs).toBeGreaterThan(reload.loadedAtMs ?? Number.POSITIVE_INFINITY);
  });

  test('an engine killed while idle stays listed until the next request, which loads it again', () => {
    const bench = new Bench({ catalog });
    bench.load('a');
    runnerOf(bench).engine.die('killed');
    bench.run(1_000);
    expect(bench.loaded).toEqual(['a']);
    const next = bench.ask('a');
    bench.run(5_000);
    expect(next.doneAtMs).toBeDefined();
    expect(bench.count('loaded')).toBe(2);
  });
});

describe('aliases', () => {
  const weightsDigest = 'ab'.repeat(32);
  const aliases = [
    thinModel('a', 100, { weightsDigest }),
    thinModel('polite', 100, { weightsDigest, system: 'Be polite.' }),
    thinModel('long', 100, { weightsDigest, parameters: { num_ctx: 4_096 } }),
  ];

  test('share one runner, listed under the name that loaded it', () => {
    const bench = new Bench({ catalog: aliases });
    bench.load('a', 'polite');
    expect(bench.loaded).toEqual(['a']);
    expect(bench.count('loaded')).toBe(1);
  });

  test('evict each other when their parameters differ', () => {
    const bench = new Bench({ catalog: aliases });
    bench.load('a', 'long', 'a');
    expect(bench.count('loaded')).toBe(3);
    expect(bench.unloads).toEqual(['a reloaded', 'long reloaded']);
  });
});

describe('keep-alive', () => {
  test('the model goes when it has run out, counted from the end of the last request', () => {
    const bench = new Bench({ catalog, keepAliveMs: 10_000 });
    bench.load('a');
    bench.run(8_000);
    bench.ask('a', { outputTokens: 100 });
    bench.run(10_500);
    expect(bench.loaded).toEqual(['a']);
    bench.run(600);
    expect(bench.unloads).toEqual(['a expired']);
  });

  test('zero unloads as soon as nobody uses it; a request without one keeps what it has', () => {
    const bench = new Bench({ catalog });
    bench.ask('a', { keepAliveMs: 20_000 });
    bench.run(2_000);
    bench.ask('a');
    bench.run(100);
    expect(runnerOf(bench).sessionMs).toBe(20_000);
    bench.ask('a', { keepAliveMs: 0 });
    bench.run(100);
    expect(bench.loaded).toEqual([]);
  });

  test('forever outlasts any clock, and months are not cut short', () => {
    const bench = new Bench({ catalog });
    bench.ask('a', { keepAliveMs: FOREVER_MS });
    bench.run(2_000);
    bench.ask('b', { keepAliveMs: 40 * 86_400_000 });
    bench.run(39 * 86_400_000);
    expect(bench.loaded).toEqual(['a', 'b']);
    bench.run(2 * 86_400_000);
    expect(bench.loaded).toEqual(['a']);
  });

  test('its expiry is stale while requests run, and set only when the last one ends', () => {
    const bench = new Bench({ catalog, keepAliveMs: 10_000 });
    expect(bench.loaded).toEqual([]);
    bench.ask('a');
    bench.until(() => bench.loaded.length > 0);
    expect(runnerOf(bench).expiresAtMs).toBeUndefined();
    bench.run(100);
    const set = runnerOf(bench).expiresAtMs;
    bench.ask('a', { outputTokens: 2_000 });
    bench.run(15_000);
    expect(runnerOf(bench).expiresAtMs).toBe(set);
    expect(set).toBeLessThan(bench.clock.now());
    expect(bench.loaded).toEqual(['a']);
  });

  test('an unload request leaves running requests alone, and the model goes with the last of them', () => {
    const bench = new Bench({ catalog });
    bench.load('a');
    const running = bench.ask('a', { outputTokens: 200 });
    bench.run(100);
    bench.unload('a');
    bench.run(1_500);
    expect(bench.loaded).toEqual(['a']);
    bench.run(500);
    expect(running.doneAtMs).toBeDefined();
    expect(bench.unloads).toEqual(['a requested']);
  });

  test('a request right behind an unload still gets the old runner, which goes after it all the same', () => {
    const bench = new Bench({ catalog });
    bench.load('a');
    bench.unload('a');
    const behind = bench.ask('a', { outputTokens: 100 });
    bench.run(500);
    expect(behind.loadedAtMs).toBe(behind.askedAtMs);
    bench.run(2_000);
    expect(behind.doneAtMs).toBeDefined();
    expect(bench.loaded).toEqual([]);
  });
});

describe('slots', () => {
  test('requests beyond the slots wait in order, without limit', () => {
    const bench = new Bench({ catalog, numParallel: 1, maxQueue: 1 });
    bench.load('a');
    const asked = Array.from({ length: 20 }, () => bench.ask('a', { outputTokens: 10 }));
    bench.run(2_100);
    const ends = asked.map((one) => Math.round((one.doneAtMs ?? 0) - one.askedAtMs));
    expect(ends).toEqual(Array.from({ length: 20 }, (_, i) => (i + 1) * 100));
  });

  test('k requests at once each get k^(exponent − 1) of the rate of one', () => {
    const bench = new Bench({ catalog, numParallel: 4, batchExponent: 0.5 });
    bench.load('a');
    const asked = Array.from({ length: 4 }, () => bench.ask('a', { outputTokens: 100 }));
    bench.run(5_000);
    for (const one of asked) expect((one.doneAtMs ?? 0) - one.askedAtMs).toBeCloseTo(2_000, 0);
  });

  test('a request that ends speeds the others up at once', () => {
    const bench = new Bench({ catalog, numParallel: 2, batchExponent: 0 });
    bench.load('a');
    const short = bench.ask('a', { outputTokens: 50 });
    const long = bench.ask('a', { outputTokens: 100 });
    bench.run(5_000);
    expect((short.doneAtMs ?? 0) - short.askedAtMs).toBeCloseTo(1_000, 0);
    expect((long.doneAtMs ?? 0) - long.askedAtMs).toBeCloseTo(1_500, 0);
  });

  test('an aborted request frees its slot at once, and one that still waits takes none', () => {
    const bench = new Bench({ catalog });
    bench.load('a');
    const running = bench.ask('a', { outputTokens: 10_000 });
    const waiting = bench.ask('a');
    const next = bench.ask('a');
    bench.run(100);
    waiting.cancel();
    running.cancel();
    bench.run(100);
    expect(next.doneAtMs).toBeDefined();
  });

  test('with the slot leak an aborted generation blocks the model until it is unloaded, though it looks idle', () => {
    const bench = new Bench({ catalog });
    bench.load('a');
    bench.core.faults.set({ slotLeakOnAbort: true });
    const running = bench.ask('a', { outputTokens: 1_000 });
    bench.run(100);
    running.cancel();
    bench.run(100);
    expect(runnerOf(bench).references).toBe(0);
    const stuck = bench.ask('a');
    bench.run(60_000);
    expect(stuck.doneAtMs).toBeUndefined();
    stuck.cancel();
    bench.unload('a');
    bench.run(10_000);
    const next = bench.ask('a');
    bench.run(10_000);
    expect(next.doneAtMs).toBeDefined();
  });

  test('an engine that dies in mid-work fails everybody on it, and the next request loads it again', () => {
    const bench = new Bench({ catalog, numParallel: 2 });
    bench.load('a');
    bench.core.faults.set({ dieMidStream: 1 });
    const asked = [
      bench.ask('a', { outputTokens: 100 }),
      bench.ask('a', { outputTokens: 100 }),
      bench.ask('a'),
    ];
    bench.run(3_000);
    expect(asked[0]?.failure).toBe('an error was encountered while running the model: unexpected EOF');
    expect(asked.every((one) => one.failure !== undefined)).toBe(true);
    const next = bench.ask('a');
    bench.run(10_000);
    expect(next.doneAtMs).toBeDefined();
  });

  test('a load that hangs fails after the load timeout', () => {
    const bench = new Bench({ catalog, loadTimeoutMs: 20_000 });
    bench.core.faults.set({ hangLoad: 1 });
    const asked = bench.ask('a');
    bench.run(19_000);
    expect(asked.failure).toBeUndefined();
    bench.run(2_000);
    expect(asked.failure).toBe('timed out waiting for llama-server to start - ');
  });
});
