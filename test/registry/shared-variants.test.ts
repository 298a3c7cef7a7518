import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { queueKey } from '../../src/domain/queue-key.ts';
import { sharedVariants } from '../../src/registry/shared-variants.ts';
import { BOX, registryWith, resolved } from './fixture.ts';
import { model } from './models.ts';

const registry = registryWith([
  model('a:1', { weights: 'w' }),
  model('alias:1', { weights: 'w' }),
  model('b:1'),
]);
const at = (name: string, contextLength: number) => resolved(registry, name, contextLength);

describe('jobs that want different contexts of one model', () => {
  test('share the largest, whatever name they call it by', () => {
    const wanted = [at('a:1', 4096), at('alias:1', 16_384), at('a:1', 8192)];
    const shared = sharedVariants(wanted, () => true);
    expect(shared.map((model) => model.variant.contextLength)).toEqual([16_384, 16_384, 16_384]);
  });

  test('share the largest that fits, and leave a larger one to its own jobs', () => {
    const wanted = [at('a:1', 4096), at('a:1', 131_072), at('a:1', 8192)];
    const shared = sharedVariants(wanted, (model) => model.variant.contextLength <= 8192);
    expect(shared.map((model) => model.variant.contextLength)).toEqual([8192, 131_072, 8192]);
  });

  test('share nothing with other models, and keep what they asked for where nothing fits', () => {
    const wanted = [at('a:1', 4096), at('b:1', 8192)];
    expect(sharedVariants(wanted, () => true)).toEqual(wanted);
    expect(sharedVariants(wanted, () => false)).toEqual(wanted);
  });

  test('are resolved together, in their order, with nothing for models that are not there', () => {
    const queues = [
      queueKey({ model: 'a:1', contextLength: 4096 }),
      queueKey({ model: 'gone:1', contextLength: null }),
      queueKey({ model: 'alias:1', contextLength: 32_768 }),
    ];
    const shared = registry.resolveShared(queues, BOX, () => true);
    expect(shared.map((model) => model?.variant.contextLength ?? null)).toEqual([32_768, null, 32_768]);
  });

  test('always get one that serves them', () => {
    const wish = fc.record({
      name: fc.constantFrom('a:1', 'alias:1', 'b:1'),
      contextLength: fc.constantFrom(2048, 4096, 8192, 16_384, 65_536),
    });
    fc.assert(
      fc.property(fc.array(wish), fc.integer({ min: 1024, max: 100_000 }), (wishes, most) => {
        const wanted = wishes.map(({ name, contextLength }) => at(name, contextLength));
        const shared = sharedVariants(wanted, (model) => model.variant.contextLength <= most);
        expect(shared).toHaveLength(wanted.length);
        shared.forEach((model, i) => {
          expect(model.variant.weights).toBe(wanted[i]?.variant.weights);
          expect(model.variant.contextLength).toBeGreaterThanOrEqual(wanted[i]?.variant.contextLength ?? 0);
        });
      }),
    );
  });
});
