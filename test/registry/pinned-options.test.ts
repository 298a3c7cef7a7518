/** Aliases of one file whose Modelfiles differ: whatever they say, a request with the options of the one that was loaded loads nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunnerOptions } from '../../src/domain/model.ts';
import { mergeOptions, sameRunnerOptions } from '../../src/virtual-ollama/core/options.ts';
import { registryWith, resolved } from './fixture.ts';
import { model } from './models.ts';

const WEIGHTS = 'a'.repeat(64);
const parameters: fc.Arbitrary<RunnerOptions> = fc.record(
  {
    num_batch: fc.constantFrom(128, 512, 1024),
    num_gpu: fc.constantFrom(-1, 0, 20, 999),
    main_gpu: fc.constantFrom(0, 1),
    use_mmap: fc.boolean(),
    num_thread: fc.constantFrom(0, 4, 8),
    draft_num_predict: fc.constantFrom(0, 4, 8),
  },
  { requiredKeys: [] },
);

function effective(modelfile: RunnerOptions, request: RunnerOptions) {
  const defaults = {
    contextLength: undefined,
    automaticContextLength: 4096,
    repeatPenalty: 1,
    mainGpu: undefined,
  };
  return mergeOptions(defaults, { model: { ...modelfile }, request: { ...request }, isEmbedding: false });
}

describe.each([
  ['on a server that others run', false],
  ['in a process of its own', true],
])('%s', (_, ownProcess) => {
  test('every alias means the same runner by the options that it was loaded with', () => {
    fc.assert(
      fc.property(fc.array(parameters, { minLength: 1, maxLength: 5 }), fc.nat(), (each, loader) => {
        const models = each.map((runnerOptions, i) =>
          model(`alias${i}`, { weights: WEIGHTS, runnerOptions }),
        );
        const registry = registryWith(models, { rules: { ownProcess } });
        const loaded = loader % each.length;
        const { options } = resolved(registry, `alias${loaded}`).variant;
        const runner = effective(each[loaded] ?? {}, options);
        for (const own of each) {
          const asked = effective(own, options);
          expect(sameRunnerOptions(runner.runner, asked.runner)).toBe(true);
          expect(asked.numBatchAutomatic).toBe(runner.numBatchAutomatic);
        }
      }),
    );
  });
});

test('a model without aliases keeps what its Modelfile says, and nothing is named for one that says nothing', () => {
  const models = [
    model('threads', { weights: WEIGHTS, runnerOptions: { num_thread: 4, use_mmap: false, num_gpu: 3 } }),
    model('plain', { weights: 'b'.repeat(64) }),
  ];
  const registry = registryWith(models);
  expect(resolved(registry, 'threads').variant.options).toEqual({
    num_ctx: 4096,
    num_gpu: 999,
    num_thread: 4,
    use_mmap: false,
  });
  expect(resolved(registry, 'plain').variant.options).toEqual({ num_ctx: 4096, num_gpu: 999 });
});
