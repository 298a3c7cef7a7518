import { describe, expect, test } from 'vitest';
import { Bench, GIB, MIB, THIN, thinModel } from './bench.ts';

const four = ['a', 'b', 'c', 'd'].map((name) => thinModel(name, 100));

describe('frozen readings', () => {
  test('an unload beside k − 1 other residents runs into the five seconds in about (k − 1) of k cases', () => {
    let stalls = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const bench = new Bench({ catalog: four, seed });
      bench.load('a', 'b', 'c', 'd');
      bench.unload('b');
      bench.run(6_000);
      stalls += bench.count('recovery-timeout');
    }
    expect(stalls / 200).toBeGreaterThan(0.65);
    expect(stalls / 200).toBeLessThan(0.85);
  });

  test('a model alone is seen to be gone at once', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const bench = new Bench({ catalog: four, seed });
      bench.load('a');
      bench.unload('a');
      bench.run(5);
      expect(bench.loaded).toEqual([]);
      bench.run(6_000);
      expect(bench.count('recovery-timeout')).toBe(0);
    }
  });

  test('during the stall a second unload waits, and loads of others go on', () => {
    const stalled = Array.from({ length: 20 }, (_, seed) => {
      const bench = new Bench({ catalog: [...four, thinModel('e', 20)], seed });
      bench.load('a', 'b', 'c', 'd');
      bench.unload('b');
      bench.run(20);
      bench.unload('c');
      bench.run(4_000);
      if (bench.loaded.length === 2) return undefined;
      const other = bench.ask('e');
      bench.run(1_100);
      expect(other.loadedAtMs).toBeDefined();
      bench.run(4_000);
      expect(bench.loaded).toEqual(['a', 'd', 'e']);
      return bench;
    }).filter((bench) => bench !== undefined);
    expect(stalled.length).toBeGreaterThan(5);
  });

  test('a load that truly fits is preceded by evictions, because freed memory stays invisible', () => {
    const catalog = [thinModel('a', 500), thinModel('b', 150), thinModel('c', 150), thinModel('d', 400)];
    let selfEvictions = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const bench = new Bench({ catalog, seed });
      bench.load('a', 'b', 'c');
      bench.unload('a');
      bench.run(6_000);
      expect(bench.usedMib()).toBe(300);
      bench.ask('d');
      bench.run(40_000);
      expect(bench.loaded).toContain('d');
      selfEvictions += bench.core.events.of('unloaded').filter((event) => event.by === 'self').length;
    }
    expect(selfEvictions).toBe(40);
  });

  test('the model loaded onto an empty card has the good record: with it alone left, the same load evicts nobody', () => {
    const catalog = [thinModel('first', 150), thinModel('b', 400), thinModel('c', 100), thinModel('d', 400)];
    const bench = new Bench({ catalog });
    bench.load('first', 'b', 'c');
    bench.unload('b');
    bench.run(6_000);
    bench.unload('c');
    bench.run(6_000);
    bench.load('d');
    expect(bench.loaded).toEqual(['d', 'first']);
  });

  test("other programs' memory is not seen while a model is resident, and seen when none is", () => {
    const catalog = [thinModel('a', 100), thinModel('b', 300)];
    const bench = new Bench({ catalog });
    bench.load('a');
    bench.core.memory.setForeign(0, 650 * MIB);
    const options = { num_gpu: 999 };
    const hopeful = bench.ask('b', { options });
    bench.run(20_000);
    expect(bench.count('out-of-memory')).toBe(1);
    expect(hopeful.doneAtMs).toBeDefined();
    expect(bench.loaded).toEqual(['b']);
  });
});

describe('admission', () => {
  const pair = (mib: number) => [thinModel('first', 500), thinModel('second', mib)];

  test('a further model may take eight tenths of what is believed free, and no more', () => {
    const fits = new Bench({ catalog: pair(390) });
    fits.load('first', 'second');
    expect(fits.loaded).toEqual(['first', 'second']);
    const tooBig = new Bench({ catalog: pair(402) });
    tooBig.load('first', 'second');
    expect(tooBig.loaded).toEqual(['second']);
  });

  test('the KV cache of all slots counts', () => {
    const facts = { ...THIN, headCountKv: 64, embeddingLength: 4_096 };
    const catalog = [thinModel('first', 100), thinModel('wide', 100, { facts })];
    const alone = new Bench({
      catalog,
      gpus: [{ totalBytes: 2 * GIB }],
      numParallel: 1,
      contextLength: 1_024,
    });
    alone.load('first', 'wide');
    expect(alone.loaded).toHaveLength(2);
    const sharing = new Bench({
      catalog,
      gpus: [{ totalBytes: 2 * GIB }],
      numParallel: 4,
      contextLength: 1_024,
    });
    sharing.load('first', 'wide');
    expect(sharing.loaded).toEqual(['wide']);
  });

  test('a deliberate partial offload evicts nobody', () => {
    const bench = new Bench({ catalog: pair(480) });
    bench.load('first');
    bench.ask('second', { options: { num_gpu: 10 } });
    bench.run(5_000);
    expect(bench.loaded).toEqual(['first', 'second']);
    expect(bench.usedMib()).toBe(500 + Math.round((480 * 10) / 32));
  });

  test('num_gpu 0 stays off the cards, evicts for no memory, and counts for the model limit', () => {
    const bench = new Bench({ catalog: [...pair(900), thinModel('third', 10)], maxLoadedModels: 2 });
    bench.load('first');
    bench.ask('second', { options: { num_gpu: 0 } });
    bench.run(5_000);
    expect(bench.loaded).toEqual(['first', 'second']);
    expect(bench.usedMib()).toBe(500);
    bench.load('third');
    expect(bench.loaded).toHaveLength(2);
  });

  test('a host without a GPU evicts by count alone, and waits for no memory', () => {
    const bench = new Bench({
      gpus: [],
      maxLoadedModels: 2,
      catalog: four.map((model) => ({ ...model, weightsBytes: 500 * GIB })),
    });
    bench.load('a', 'b', 'c');
    expect(bench.loaded).toHaveLength(2);
    expect(bench.count('recovery-timeout')).toBe(0);
    expect(bench.core.scheduler.runners()[0]?.engine.vramBytes).toBe(0);
  });
});

describe('placement', () => {
  const two = [{ totalBytes: 1_000 * MIB }, { totalBytes: 600 * MIB }];

  test('the one card with most room is taken when the model fits there', () => {
    const bench = new Bench({ gpus: two, catalog: [thinModel('a', 400), thinModel('b', 400)] });
    bench.load('a', 'b');
    expect([bench.usedMib(0), bench.usedMib(1)]).toEqual([400, 400]);
  });

  test('what fits on no single card is spread over all, by what is free', () => {
    const bench = new Bench({ gpus: two, catalog: [thinModel('a', 1_200)] });
    bench.load('a');
    expect(bench.usedMib(0)).toBe(750);
    expect(bench.usedMib(1)).toBe(450);
  });

  test('main_gpu decides by itself', () => {
    const bench = new Bench({ gpus: two, catalog: [thinModel('a', 100)] });
    bench.ask('a', { options: { main_gpu: 1 } });
    bench.run(3_000);
    expect([bench.usedMib(0), bench.usedMib(1)]).toEqual([0, 100]);
  });

  test('without num_gpu a model that is too big is offloaded in part, and slow', () => {
    const bench = new Bench({ catalog: [thinModel('a', 1_900)] });
    const asked = bench.ask('a', { outputTokens: 100 });
    bench.run(60_000);
    const engine = bench.core.scheduler.runners()[0]?.engine;
    expect(engine?.gpuPart).toBeCloseTo(0.5, 1);
    expect(Math.round((engine?.totalBytes ?? 0) / MIB)).toBe(1_900);
    expect(engine?.vramBytes).toBeLessThan(950 * MIB + 1);
    expect((asked.doneAtMs ?? 0) - (asked.loadedAtMs ?? 0)).toBeGreaterThan(5_000);
  });

  test('with all layers asked for it runs out of memory instead', () => {
    const bench = new Bench({ catalog: [thinModel('a', 1_900)] });
    const asked = bench.ask('a', { options: { num_gpu: 999 } });
    bench.run(60_000);
    expect(asked.failure).toBe(
      'llama-server process has terminated: exit status 1: cudaMalloc failed: out of memory\n' +
        'error loading model: unable to allocate CUDA0 buffer',
    );
    expect(bench.usedMib()).toBe(0);
  });
});

describe('out of memory', () => {
  test('while loading: everybody else is evicted, and the load is tried once more', () => {
    const bench = new Bench({ catalog: four });
    bench.load('a', 'b');
    bench.core.faults.set({ oomOnLoad: 1 });
    const asked = bench.ask('c');
    bench.run(30_000);
    expect(asked.doneAtMs).toBeDefined();
    expect(bench.loaded).toEqual(['c']);
    expect(bench.unloads.sort()).toEqual(['a out-of-memory', 'b out-of-memory']);
  });

  test('twice: the request fails, and the next one is served', () => {
    const bench = new Bench({ catalog: four });
    bench.load('a');
    bench.core.faults.set({ oomOnLoad: 2 });
    const asked = bench.ask('c');
    const next = bench.ask('d');
    bench.run(30_000);
    expect(asked.failure).toContain('out of memory');
    expect(next.doneAtMs).toBeDefined();
  });

  test('with an automatic context the second try has a smaller one', () => {
    const facts = { ...THIN, contextLength: 65_536 };
    const bench = new Bench({
      catalog: [thinModel('a', 100, { facts })],
      gpus: [{ totalBytes: 24 * GIB }],
      contextLength: undefined,
    });
    const { core } = bench;
    core.faults.set({ oomOnLoad: 1 });
    bench.ask('a');
    bench.run(5_000);
    expect(core.scheduler.runners()[0]?.engine.launch.options.numCtx).toBe(4_096);
  });

  test('while running: every model goes', () => {
    const bench = new Bench({ catalog: four });
    bench.load('a', 'b', 'c');
    bench.core.scheduler.expireAll();
    bench.run(30_000);
    expect(bench.loaded).toEqual([]);
    expect(bench.unloads.every((unload) => unload.endsWith('out-of-memory'))).toBe(true);
  });
});

describe('orphans', () => {
  test('a killed server leaves its engines behind, holding their memory; a stopped one does not', () => {
    const killed = new Bench({ catalog: four });
    killed.load('a', 'b');
    killed.core.kill();
    expect(killed.usedMib()).toBe(200);
    const stopped = new Bench({ catalog: four });
    stopped.load('a', 'b');
    stopped.core.stop();
    expect(stopped.usedMib()).toBe(0);
    expect(stopped.clock.nextDue()).toBeUndefined();
  });
});
