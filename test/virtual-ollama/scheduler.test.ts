import { describe, expect, test } from 'vitest';
import { FOREVER_MS } from '../../src/ollama-api/duration.ts';
import { QUEUE_FULL } from '../../src/ollama-api/errors.ts';
import { runnerKey } from '../../src/virtual-ollama/core/runner.ts';
import { Bench, thinModel } from './bench.ts';

const letters = (count: number) => Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));
const small = (count: number, mib = 50) => letters(count).map((name) => thinModel(name, mib));

describe('queue', () => {
  test('serves a loaded model past a full queue, and refuses cold ones with two spaces', () => {
    const bench = new Bench({ catalog: small(8), maxQueue: 4 });
    bench.load('a');
    const cold = letters(8)
      .slice(1)
      .map((model) => bench.ask(model));
    bench.run(1);
    // The first of them has left the queue, and its place is taken.
    bench.ask('b', { options: { num_ctx: 99 } });
    const more = bench.ask('b', { options: { num_ctx: 100 } });
    const warm = bench.ask('a');
    bench.run(30);
    expect(warm.doneAtMs).toBeDefined();
    expect(more.failure).toBe(QUEUE_FULL);
    expect(QUEUE_FULL).toContain('again.  maximum');
    expect(cold.filter((asked) => asked.failure === QUEUE_FULL)).not.toHaveLength(0);
  });

  test('of eight cold models at once a queue of four takes five: one in work, four waiting', () => {
    const bench = new Bench({ catalog: small(8), maxQueue: 4 });
    const first = bench.ask('a');
    bench.run(1);
    const others = letters(8)
      .slice(1)
      .map((model) => bench.ask(model));
    bench.run(1);
    expect(others.filter((asked) => asked.failure === QUEUE_FULL)).toHaveLength(3);
    bench.run(20_000);
    expect([first, ...others].filter((asked) => asked.doneAtMs !== undefined)).toHaveLength(5);
  });

  test('forty contexts of one model at once: thirty-five are refused', () => {
    const bench = new Bench({ catalog: small(1), maxQueue: 4 });
    const first = bench.ask('a', { options: { num_ctx: 1_000 } });
    bench.run(1);
    const others = Array.from({ length: 39 }, (_, i) => bench.ask('a', { options: { num_ctx: 1_001 + i } }));
    bench.run(60_000);
    expect([first, ...others].filter((asked) => asked.failure === QUEUE_FULL)).toHaveLength(35);
    expect([first, ...others].filter((asked) => asked.doneAtMs !== undefined)).toHaveLength(5);
  });

  test('a crowd that meets a fresh server is grouped by model, and one that meets a server that knows its models is not', () => {
    const bench = new Bench({ catalog: small(3, 700), metadataMs: 10 });
    const crowd = () => Array.from({ length: 12 }, (_, i) => bench.ask('abc'.charAt(i % 3)));
    const loadsOf = (asked: readonly { readonly doneAtMs?: number }[]) => {
      const before = bench.count('loaded');
      bench.until(() => asked.every((one) => one.doneAtMs !== undefined));
      return bench.count('loaded') - before;
    };
    expect(loadsOf(crowd())).toBe(3);
    for (const model of ['a', 'b', 'c']) bench.unload(model);
    bench.run(6_000);
    expect(loadsOf(crowd())).toBe(12);
  });

  test('loads one model at a time, in order', () => {
    const bench = new Bench({ catalog: small(3) });
    const asked = letters(3).map((model) => bench.ask(model));
    bench.run(10_000);
    expect(asked.map((one) => Math.round((one.loadedAtMs ?? 0) / 1_000))).toEqual([1, 2, 3]);
  });

  test('a small cold model waits behind a big one that waits for its victim, though it would fit', () => {
    const catalog = [thinModel('resident', 600), thinModel('big', 500), thinModel('small', 20)];
    const bench = new Bench({ catalog });
    bench.load('resident');
    const busy = bench.ask('resident', { outputTokens: 1_000 });
    bench.run(20);
    const big = bench.ask('big');
    const little = bench.ask('small');
    bench.run(5_000);
    expect(busy.doneAtMs).toBeUndefined();
    expect(big.loadedAtMs).toBeUndefined();
    expect(little.loadedAtMs).toBeUndefined();
    bench.run(20_000);
    expect(little.loadedAtMs).toBeGreaterThan(big.loadedAtMs ?? Number.POSITIVE_INFINITY);
  });

  test('a load that ends after its client has left is given up, and the next one starts anew', () => {
    const bench = new Bench({ catalog: small(1) });
    const first = bench.ask('a');
    const second = bench.ask('a');
    bench.run(400);
    first.cancel();
    bench.run(5_000);
    expect(first.loadedAtMs).toBeUndefined();
    expect(second.loadedAtMs).toBe(1_500);
    expect(bench.count('load-started')).toBe(2);
    expect(bench.count('loaded')).toBe(1);
  });

  test('a request whose client left while it was queued is skipped', () => {
    const bench = new Bench({ catalog: small(2) });
    bench.ask('a');
    bench.run(10);
    bench.ask('b').cancel();
    bench.run(10_000);
    expect(bench.loaded).toEqual(['a']);
  });

  test('a request whose client left during its eviction evicts for nothing', () => {
    const bench = new Bench({ catalog: [thinModel('a', 600), thinModel('b', 600)] });
    bench.load('a');
    bench.ask('a', { outputTokens: 100 });
    bench.run(10);
    const b = bench.ask('b');
    bench.run(10);
    b.cancel();
    bench.run(10_000);
    expect(bench.loaded).toEqual([]);
    expect(bench.unloads).toEqual(['a evicted']);
    expect(bench.usedMib()).toBe(0);
  });
});

describe('victims', () => {
  const residents = [thinModel('a', 200), thinModel('b', 200), thinModel('c', 200), thinModel('d', 350)];

  test('the shortest keep-alive goes first, whatever was used last', () => {
    const bench = new Bench({ catalog: residents });
    for (const [model, keepAliveMs] of [
      ['a', 900_000],
      ['b', 600_000],
      ['c', 700_000],
    ] as const) {
      bench.ask(model, { keepAliveMs });
      bench.run(2_000);
    }
    bench.ask('b');
    bench.run(100);
    bench.ask('d');
    bench.until(() => bench.loaded.includes('d'));
    expect(bench.unloads[0]).toBe('b evicted');
  });

  test('equal keep-alives are settled by the blob path', () => {
    const bench = new Bench({ catalog: residents });
    bench.load('a', 'b', 'c');
    const byPath = [...bench.core.scheduler.runners()].sort((x, y) => (x.key < y.key ? -1 : 1));
    const first = byPath[0]?.model.name.model;
    bench.ask('d');
    bench.until(() => bench.loaded.includes('d'));
    expect(bench.unloads[0]).toBe(`${first} evicted`);
    expect(runnerKey(byPath[0]?.model ?? expect.fail())).toContain('sha256-');
  });

  test('an idle one goes before a busy one with a shorter keep-alive; forever protects nobody', () => {
    const bench = new Bench({ catalog: residents });
    bench.ask('a', { keepAliveMs: 1_000_000 });
    bench.run(2_000);
    bench.ask('b', { keepAliveMs: FOREVER_MS });
    bench.run(2_000);
    bench.ask('c', { keepAliveMs: FOREVER_MS });
    bench.run(2_000);
    bench.ask('a', { outputTokens: 3_000 });
    bench.ask('c', { outputTokens: 3_000 });
    bench.run(20);
    bench.ask('d');
    bench.until(() => bench.unloads.length > 0);
    expect(bench.unloads[0]).toBe('b evicted');
  });

  test('the model limit evicts even where there is room', () => {
    const bench = new Bench({ catalog: small(4), maxLoadedModels: 2 });
    bench.load('a', 'b', 'c');
    expect(bench.loaded).toHaveLength(2);
    expect(bench.loaded).toContain('c');
  });

  test('three models per GPU when no limit is set', () => {
    const bench = new Bench({ catalog: small(5), maxLoadedModels: 0 });
    bench.load('a', 'b', 'c', 'd');
    expect(bench.loaded).toHaveLength(3);
  });
});

describe('wedges', () => {
  const catalog = [thinModel('a', 300), thinModel('b', 300), thinModel('cold', 500)];

  test('starvation: a steady flow to the victim keeps another model out for as long as it lasts', () => {
    const bench = new Bench({ catalog, numParallel: 4 });
    bench.load('a', 'b');
    let stop = false;
    let served = 0;
    const keepAsking = (model: string): void => {
      if (stop) return;
      const asked = bench.ask(model, { outputTokens: 20 });
      const poll = (): void => {
        if (asked.doneAtMs === undefined) {
          bench.clock.after(5, poll);
          return;
        }
        served++;
        keepAsking(model);
      };
      bench.clock.after(5, poll);
    };
    for (const model of ['a', 'b', 'a', 'b']) {
      keepAsking(model);
      bench.run(103);
    }
    const cold = bench.ask('cold');
    bench.run(20_000);
    expect(cold.loadedAtMs).toBeUndefined();
    expect(served).toBeGreaterThan(100);
    stop = true;
    bench.run(20_000);
    expect(cold.doneAtMs).toBeDefined();
  });

  test('deadlock: a keep-alive that reaches the victim stops all loads, until anything is unloaded', () => {
    const bench = new Bench({ catalog: [...catalog, thinModel('other', 10)], numParallel: 4 });
    bench.load('a', 'b');
    for (const model of ['a', 'b']) bench.ask(model, { outputTokens: 300 });
    bench.run(50);
    const cold = bench.ask('cold');
    bench.run(50);
    for (const model of ['a', 'b']) bench.ask(model, { keepAliveMs: FOREVER_MS });
    bench.run(10_000);
    const other = bench.ask('other');
    const warm = bench.ask('a');
    bench.run(15_000);
    expect(bench.core.scheduler.runners().every((runner) => runner.references === 0)).toBe(true);
    expect(warm.doneAtMs).toBeDefined();
    expect([cold.loadedAtMs, other.loadedAtMs]).toEqual([undefined, undefined]);
    bench.unload('b');
    bench.run(20_000);
    expect(cold.doneAtMs).toBeDefined();
    expect(other.doneAtMs).toBeDefined();
  });
});
