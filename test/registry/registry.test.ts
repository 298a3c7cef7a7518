import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { bytesOnCards, NO_OVERHEAD } from '../../src/domain/card-overhead.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { MiB } from '../../src/domain/units.ts';
import { createRegistry, type ModelSettings } from '../../src/registry/registry.ts';
import { ollamaRules } from '../support/model-names.ts';
import { BOX, RIG, RULES, registryWith, resolved, SmallStore } from './fixture.ts';
import { BERT, LLAMA_8B, model } from './models.ts';

describe('what there is', () => {
  test('is every model of every backend, once', () => {
    const registry = registryWith([model('b:1'), model('a:1')]);
    registry.observe(RIG, [model('a:1'), model('c:1')]);
    expect(registry.models().map((state) => [state.info.name, state.backendIds])).toEqual([
      ['a:1', [BOX, RIG]],
      ['b:1', [BOX]],
      ['c:1', [RIG]],
    ]);
    expect(registry.model('A:1')?.id).toBe(registry.models()[0]?.id);
    expect(registry.model('d:1')).toBeNull();
    expect(registry.names.suggest('a:2')).toEqual(['a:1']);
  });

  test('is unknown until a backend has told, if only that it has none', () => {
    const registry = createRegistry({
      config: {},
      nameRules: ollamaRules,
      defaults: { rules: () => RULES },
      store: new SmallStore(),
      clock: new VirtualClock(),
    });
    expect(registry.known).toBe(false);
    registry.observe(BOX, []);
    expect(registry.known).toBe(true);
  });

  test('goes when a backend lists it no longer', () => {
    const registry = registryWith([model('a:1'), model('b:1')]);
    registry.observe(BOX, [model('b:1')], '0.33.0');
    expect(registry.model('a:1')).toBeNull();
    expect(registry.resolve(queueKey({ model: 'a:1', contextLength: null }), BOX)).toBeNull();
    expect(registry.resolve(queueKey({ model: 'b:1', contextLength: null }), RIG)).toBeNull();
  });

  test('changes the version only when something changed', () => {
    const registry = registryWith([model('a:1')]);
    const before = registry.version;
    registry.observe(BOX, [model('a:1')], '0.33.0');
    expect(registry.version).toBe(before);
    registry.observe(BOX, [model('a:1', { digest: 'new' })], '0.33.0');
    expect(registry.version).toBe(before + 1);
    registry.observe(BOX, [model('a:1', { digest: 'new' })], '0.34.0');
    expect(registry.version).toBe(before + 2);
  });
});

describe('the variant that a queue means', () => {
  const context = (
    over: Partial<ModelInfo>,
    wish: number | null,
    config: Record<string, Partial<ModelSettings>> = {},
  ) => resolved(registryWith([model('a:1', over)], { config }), 'a:1', wish).variant.contextLength;

  test('takes the context of the wish, the settings, the Modelfile, the default, in this order', () => {
    const config = { 'A:1': { contextLength: 6000 } };
    expect(context({ defaultContextLength: 5000 }, 16_384, config)).toBe(16_384);
    expect(context({ defaultContextLength: 5000 }, null, config)).toBe(6000);
    expect(context({ defaultContextLength: 5000 }, null)).toBe(5000);
    expect(context({}, null)).toBe(4096);
  });

  test.each([
    [1, 2048],
    [2048, 2048],
    [2049, 4096],
    [5000, 8192],
    [100_000, 131_072],
    [200_000, 131_072],
  ])('rounds a wish of %i tokens to %i', (wish, tokens) => {
    expect(context({}, wish)).toBe(tokens);
  });

  test('never exceeds what the model was trained for, whoever says so', () => {
    expect(context({ contextLength: 512 }, 8000)).toBe(512);
    expect(context({ contextLength: 512 }, null)).toBe(512);
    expect(context({ contextLength: 2048, defaultContextLength: 8192 }, null)).toBe(2048);
    expect(context({ contextLength: null }, 8000)).toBe(8192);
  });

  test('names the context and all layers, and nothing else', () => {
    const { variant } = resolved(registryWith([model('a:1')]), 'a:1');
    expect(variant).toEqual({
      modelName: 'a:1',
      weights: 'weights-a:1',
      contextLength: 4096,
      options: { num_ctx: 4096, num_gpu: 999 },
      embedding: false,
    });
  });

  test('has the context of its backend’s own default', () => {
    const registry = registryWith([model('a:1')], { rules: { contextLength: 2048 } });
    expect(resolved(registry, 'a:1').variant.contextLength).toBe(2048);
    expect(resolved(registry, 'a:1', 8192).variant.contextLength).toBe(8192);
  });

  test('takes less for a quantized cache', () => {
    const of = (kvCacheType: 'f16' | 'q8_0') =>
      resolved(registryWith([model('a:1')], { rules: { kvCacheType, flashAttention: true } }), 'a:1', 8192);
    expect(of('q8_0').footprintBytes).toBeLessThan(of('f16').footprintBytes);
    expect(of('q8_0').config).toMatchObject({ kvCacheType: 'q8_0', flashAttention: true });
  });

  test('names the batch where the server is ours alone, but not for embedding models', () => {
    const models = [model('a:1'), model('e:1', { capabilities: ['embedding'], facts: BERT })];
    const registry = registryWith(models, { rules: { ownProcess: true }, parallel: 4 });
    expect(resolved(registry, 'a:1', 2048).variant.options.num_batch).toBe(1024);
    expect(resolved(registry, 'a:1', 65_536).variant.options.num_batch).toBe(2048);
    expect(resolved(registry, 'e:1').variant.options.num_batch).toBeUndefined();
  });

  test('is the same for aliases but for the name', () => {
    const registry = registryWith([model('a:1', { weights: 'w' }), model('b:1', { weights: 'w' })]);
    const [a, b] = [resolved(registry, 'a:1').variant, resolved(registry, 'b:1').variant];
    expect({ ...a, modelName: '' }).toEqual({ ...b, modelName: '' });
  });
});

describe('slots', () => {
  const slots = (over: Partial<ModelInfo>, parallel: number | null = null) =>
    resolved(registryWith([model('a:1', over)], { config: { 'a:1': { parallel } }, parallel: 4 }), 'a:1')
      .config.parallel;

  test('are those of the server, or fewer where the settings say so', () => {
    expect(slots({})).toBe(4);
    expect(slots({}, 2)).toBe(2);
    expect(slots({}, 8)).toBe(4);
  });

  test('are an instance’s own where it has a server process of its own, and its memory is for those', () => {
    const of = (parallel: number | null) =>
      resolved(
        registryWith([model('a:1')], {
          config: { 'a:1': { parallel } },
          parallel: 4,
          rules: { ownProcess: true },
        }),
        'a:1',
      );
    expect([of(null), of(8), of(1)].map(({ config }) => config.parallel)).toEqual([4, 8, 1]);
    expect(of(8).footprintBytes).toBeGreaterThan(of(null).footprintBytes);
    expect(of(1).footprintBytes).toBeLessThan(of(null).footprintBytes);
  });

  test('are as many as the cards have room for, where nobody named their number', () => {
    const registry = registryWith([model('a:1')], {
      parallel: 4,
      rules: { ownProcess: true, mayReduceParallel: true },
    });
    const slotsAt = (largestBytes: number, totalBytes = largestBytes) => {
      registry.observeRoom(BOX, {
        largestBytes,
        totalBytes,
        cards: largestBytes === totalBytes ? 1 : 2,
      });
      const { config, footprintBytes, overhead } = resolved(registry, 'a:1', 8192);
      return { slots: config.parallel, footprintBytes, overhead };
    };
    expect(resolved(registry, 'a:1', 8192).config.parallel).toBe(4);
    const four = slotsAt(Number.POSITIVE_INFINITY).footprintBytes;
    const two = slotsAt(four - 1);
    expect(two.slots).toBe(2);
    expect(slotsAt(two.footprintBytes - 1).slots).toBe(1);
    // One card that holds it with fewer slots is better than several; several are better than none.
    expect(slotsAt(two.footprintBytes, 10 * four).slots).toBe(2);
    const overTwo = bytesOnCards(two.footprintBytes, two.overhead ?? NO_OVERHEAD, 2);
    expect(slotsAt(1, overTwo).slots).toBe(2);
    expect(slotsAt(1, overTwo - 300 * MiB).slots).toBe(1);
    expect(slotsAt(1).slots).toBe(1);
  });

  test('are one for embedding models and for families that Ollama runs singly', () => {
    expect(slots({ capabilities: ['embedding'], facts: BERT })).toBe(1);
    for (const architecture of [
      'mllama',
      'qwen3vl',
      'qwen3vlmoe',
      'qwen35moe',
      'qwen3next',
      'lfm2',
      'nemotron_h_moe',
    ]) {
      expect(slots({ facts: { ...LLAMA_8B, architecture } })).toBe(1);
    }
    expect(slots({ facts: null, family: 'mllama' })).toBe(1);
  });

  test('cost memory even where the settings use fewer than the server makes', () => {
    const bytes = (parallel: number) =>
      resolved(registryWith([model('a:1')], { config: { 'a:1': { parallel: 1 } }, parallel }), 'a:1')
        .footprintBytes;
    expect(bytes(4)).toBeGreaterThan(bytes(1));
  });
});

describe('how long an idle model stays', () => {
  test('is what its settings say, else as long as nobody needs the memory', () => {
    const registry = registryWith([model('a:1'), model('b:1')], {
      config: { 'a:1': { keepAliveMs: 60_000 } },
    });
    expect(resolved(registry, 'a:1').keepAliveMs).toBe(60_000);
    expect(resolved(registry, 'b:1').keepAliveMs).toBeNull();
  });
});
