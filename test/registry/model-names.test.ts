/** What a name means over backends that write names in different ways. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ollamaNames } from '../../src/backend/ollama/model-names.ts';
import { VirtualClock } from '../../src/clock.ts';
import type { ModelNameRule } from '../../src/domain/model-names.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { createRegistry, type ModelSettings } from '../../src/registry/registry.ts';
import { ollamaRules } from '../support/model-names.ts';
import { BOX, RIG, RULES, registryWith, SmallStore } from './fixture.ts';
import { model } from './models.ts';

/** A server whose names are what they are, upper and lower case told apart. */
const asWritten: ModelNameRule = {
  canonical: (name) => name.trim(),
  isValid: (name) => /^[\w.-]+(\/[\w.-]+)*$/.test(name),
};
const MIXED = {
  of: (id: string) => (id === BOX ? ollamaNames : asWritten),
  all: [ollamaNames, asWritten],
};
const LLAMA = 'meta-llama/Llama-3.1-8B-Instruct';
const NOTHING: ModelSettings = { contextLength: null, parallel: null, keepAliveMs: null };

function mixed(config: Record<string, ModelSettings> = {}) {
  return createRegistry({
    config,
    defaults: { rules: () => RULES },
    nameRules: MIXED,
    store: new SmallStore(),
    clock: new VirtualClock(),
  });
}

/** The box is an Ollama, the rig keeps names as they are written. */
function told(config: Record<string, ModelSettings> = {}) {
  const registry = mixed(config);
  registry.observe(BOX, [model('llama3:latest'), model('qwen3:8b'), model('both:1')], '0.33.0');
  registry.observe(RIG, [model(LLAMA), model('Both'), model('both:1'), model('QWEN3')]);
  return registry;
}

describe("Ollama's rule", () => {
  test.each([
    ['Llama3', 'llama3:latest'],
    [' llama3 ', 'llama3:latest'],
    ['registry.ollama.ai/library/llama3', 'llama3:latest'],
    ['https://registry.ollama.ai/library/llama3:8B', 'llama3:8b'],
    ['library/llama3', 'llama3:latest'],
    ['someone/llama3', 'someone/llama3:latest'],
    ['hf.co/Owner/Model-GGUF:Q4_K_M', 'hf.co/owner/model-gguf:q4_k_m'],
    ['localhost:5000/owner/model', 'localhost:5000/owner/model:latest'],
  ])('of %j is %j', (name, canonical) => {
    expect(ollamaNames.canonical(name)).toBe(canonical);
    expect(ollamaNames.canonical(canonical)).toBe(canonical);
    expect(ollamaNames.isValid(canonical)).toBe(true);
  });

  test.each(['', ':8b', 'a b', 'a#8192', '../up:1', 'a/b/c/d:1'])('takes no %j', (name) => {
    expect(ollamaNames.isValid(ollamaNames.canonical(name))).toBe(false);
  });
});

describe('a name', () => {
  test.each([
    ['of the one that has it', 'Llama3', 'llama3:latest'],
    ['of upper and lower case that a server tells apart', LLAMA, LLAMA],
    ['that is listed as it is written', 'both:1', 'both:1'],
    ['that is listed as it is written, though another could mean it', 'QWEN3', 'QWEN3'],
    ['that only one rule finds', 'QWEN3:8B', 'qwen3:8b'],
  ])('%s is found', (_what, name, meant) => {
    const registry = told();
    expect(registry.names.resolve(name)).toBe(meant);
    expect(registry.model(name)?.info.name).toBe(meant);
  });

  test('that no server lists in that case is not there', () => {
    const registry = told();
    expect(registry.model(LLAMA.toLowerCase())).toBeNull();
    expect(registry.names.suggest(LLAMA.toLowerCase())).toEqual([LLAMA]);
  });

  test('of one model on several is one model', () => {
    expect(told().model('both:1')?.backendIds).toEqual([BOX, RIG]);
    expect(told().model('Both:1')?.backendIds).toEqual([BOX, RIG]);
  });

  test('that nobody has yet waits in a form from which each server finds it', () => {
    const registry = mixed();
    const queues = [LLAMA, 'Llama3'].map((name) =>
      queueKey({ model: registry.names.resolve(name), contextLength: null }),
    );
    registry.observe(BOX, [model('llama3:latest')], '0.33.0');
    registry.observe(RIG, [model(LLAMA)]);
    const found = queues.map((queue) =>
      [BOX, RIG].flatMap((id) => registry.resolve(queue, id)?.info.name ?? []),
    );
    expect(found).toEqual([[LLAMA], ['llama3:latest']]);
  });

  test('under which jobs wait already means what it meant: Ollama alone keeps its form, known or not', () => {
    const registry = registryWith([model('llama3:latest'), model('hf.co/owner/model:q4')]);
    const nobody = createRegistry({
      config: {},
      defaults: { rules: () => RULES },
      nameRules: ollamaRules,
      store: new SmallStore(),
      clock: new VirtualClock(),
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('Llama3', 'HF.co/Owner/Model:Q4')), (name) => {
        const canonical = ollamaNames.canonical(name);
        expect(registry.names.resolve(name)).toBe(canonical);
        expect(nobody.names.resolve(name)).toBe(canonical);
        expect(registry.names.resolve(canonical)).toBe(canonical);
      }),
    );
  });

  test('never holds what ends a name in the key of a queue', () => {
    const anything = { ...MIXED, all: [{ canonical: (name: string) => name, isValid: () => true }] };
    const registry = createRegistry({
      config: {},
      defaults: { rules: () => RULES },
      nameRules: anything,
      store: new SmallStore(),
      clock: new VirtualClock(),
    });
    expect(registry.names.isName('a#8192')).toBe(false);
    expect(registry.names.isName('a b')).toBe(true);
    expect([LLAMA, 'llama3', 'a b', ''].map((name) => told().names.isName(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test.each([
    ['Both', ['rig Both']],
    ['BOTH:1', ['box both:1']],
    ['both:1', ['box both:1', 'rig both:1']],
    [LLAMA, [`rig ${LLAMA}`]],
  ])('of the settings counts by the rule of each server: %s', (name, meant) => {
    const registry = told({ [name]: { ...NOTHING, contextLength: 2_500 } });
    const lengths = [BOX, RIG].flatMap((id) =>
      registry.installed(id).flatMap(({ name: listed }) => {
        const found = registry.resolve(queueKey({ model: listed, contextLength: null }), id);
        return found?.variant.contextLength === 2_500 ? [`${id === BOX ? 'box' : 'rig'} ${listed}`] : [];
      }),
    );
    expect(lengths).toEqual(meant);
  });
});
