import { describe, expect, test } from 'vitest';
import { InvalidSettingError } from '../../src/domain/errors.ts';
import { FOREVER_MS } from '../../src/ollama-api/duration.ts';
import { parseCatalog } from '../../src/virtual-ollama/catalog-file.ts';
import { parseOllamaHost, settingsFromOllamaEnvironment } from '../../src/virtual-ollama/environment.ts';
import { automaticContextLength, completeSettings, GIB, MIB } from '../../src/virtual-ollama/settings.ts';

describe("Ollama's environment", () => {
  test.each([
    ['', '127.0.0.1', 11_434],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['0.0.0.0', '0.0.0.0', 11_434],
    ['http://10.0.0.1:5000/', '10.0.0.1', 5_000],
    ['http://host', 'host', 80],
    ['[::1]:7', '::1', 7],
    ['::1', '::1', 11_434],
    ['host:99999', 'host', 11_434],
  ])('OLLAMA_HOST %j', (text, host, port) => {
    expect(parseOllamaHost(text)).toEqual({ host, port });
  });

  test('stands for settings; what is unset or wrong leaves the default', () => {
    const gpus = [{ totalBytes: GIB }, { totalBytes: 2 * GIB }, { totalBytes: 3 * GIB, uuid: 'GPU-x' }];
    const { settings } = settingsFromOllamaEnvironment(
      {
        OLLAMA_NUM_PARALLEL: '4',
        OLLAMA_MAX_LOADED_MODELS: '2',
        OLLAMA_MAX_QUEUE: 'many',
        OLLAMA_KEEP_ALIVE: '-1',
        OLLAMA_CONTEXT_LENGTH: '0',
        OLLAMA_LOAD_TIMEOUT: '90',
        LLAMA_ARG_FIT_TARGET: '512',
        CUDA_VISIBLE_DEVICES: 'GPU-x,0,nonsense,1',
      },
      gpus,
    );
    expect(settings).toEqual({
      numParallel: 4,
      maxLoadedModels: 2,
      keepAliveMs: FOREVER_MS,
      loadTimeoutMs: 90_000,
      fitTargetBytes: 512 * MIB,
      gpus: [gpus[2], gpus[0]],
    });
    expect(completeSettings(settings).maxQueue).toBe(512);
  });

  test('keep-alive takes durations and whole seconds', () => {
    const read = (text: string) =>
      settingsFromOllamaEnvironment({ OLLAMA_KEEP_ALIVE: text }).settings.keepAliveMs;
    expect([read('1h30m'), read('300'), read('0'), read('soon')]).toEqual([5_400_000, 300_000, 0, undefined]);
  });
});

test('the automatic context follows the total of all cards', () => {
  const context = (...gib: number[]) =>
    automaticContextLength(completeSettings({ gpus: gib.map((size) => ({ totalBytes: size * GIB })) }));
  expect([context(), context(22), context(12, 12), context(24, 24)]).toEqual([4_096, 4_096, 32_768, 262_144]);
});

describe('catalogue files', () => {
  const facts = {
    architecture: 'llama',
    blockCount: 1,
    contextLength: 512,
    embeddingLength: 64,
    feedForwardLength: 64,
    headCount: 1,
    headCountKv: 1,
    vocabSize: 100,
  };

  test('in JSON or YAML, with sizes in bytes or in words', () => {
    const json = parseCatalog(JSON.stringify([{ name: 'x:1b', weightsBytes: 5, facts }]));
    expect(json).toEqual([{ name: 'x:1b', weightsBytes: 5, facts }]);
    const yaml = `- name: y\n  weightsBytes: 2MiB\n  facts: ${JSON.stringify(facts)}\n  capabilities: [completion, tools]\n`;
    expect(parseCatalog(yaml)).toMatchObject([
      { name: 'y', weightsBytes: 2 * MIB, capabilities: ['completion', 'tools'] },
    ]);
  });

  test('a name and a size are enough, and everything of a model can be said', () => {
    const said = {
      template: '{{ .Tools }}',
      system: 'Be brief.',
      parameters: { num_ctx: 512 },
      license: ['MIT'],
    };
    const [small, vectors] = parseCatalog(
      JSON.stringify([
        { name: 'small:1b', weightsBytes: '1GB', ...said, facts: { contextLength: 512 } },
        { name: 'vectors', weightsBytes: 5, capabilities: ['embedding'] },
      ]),
    );
    expect(small).toMatchObject({
      ...said,
      weightsBytes: 1e9,
      facts: { architecture: 'llama', contextLength: 512 },
    });
    expect(small?.facts.blockCount).toBeGreaterThan(1);
    expect(vectors?.facts.poolingType).toBe(1);
  });

  test.each([
    ['- name: x', 'must be bytes, or a size such as 2.6GB'],
    ['- name: "a b"', 'is not a model name'],
    ['- name: x\n  wieghts: 3', 'wieghts'],
    ['{', 'neither YAML nor JSON'],
  ])('say what is wrong: %j', (text, message) => {
    expect(() => parseCatalog(text)).toThrow(InvalidSettingError);
    expect(() => parseCatalog(text)).toThrow(message);
  });
});
