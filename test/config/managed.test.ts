/** The settings of managed backends. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { InvalidSettingError } from '../../src/domain/errors.ts';
import { MiB } from '../../src/domain/units.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-config-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function load(yaml: string, env: Readonly<Record<string, string>> = {}) {
  await writeFile(join(folder, 'vramkeeper.yaml'), yaml);
  return loadConfig({}, { env, cwd: folder, home: folder });
}

async function problems(yaml: string): Promise<readonly string[]> {
  const error = await load(yaml).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidSettingError);
  return (error as InvalidSettingError).message.split('\n');
}

test('a managed backend needs nothing but the word', async () => {
  const config = await load(`contextLength: 8192\nbackends: [{ name: rig, managed: { models: ${folder} } }]`);
  expect(config.backends).toEqual([
    {
      name: 'rig',
      type: 'ollama',
      url: 'managed:rig',
      parallel: 1,
      maxLoadedModels: null,
      gpus: 'auto',
      managed: {
        binary: 'ollama',
        models: folder,
        contextLength: 8192,
        parallel: 'auto',
        kvCacheType: 'f16',
        flashAttention: null,
        parallelLoads: 2,
        warmCells: 1,
        promptCacheBytes: 512 * MiB,
        keep: false,
        env: {},
      },
    },
  ]);
});

test('every setting is taken over, and paths are those of the file’s folder', async () => {
  const yaml = `
backends:
  - name: rig
    managed:
      binary: bin/ollama
      models: models
      contextLength: 2048
      parallel: 3
      kvCacheType: q8_0
      parallelLoads: 4
      warmCells: 0
      promptCache: 1GiB
      keep: true
      env: { OLLAMA_FLASH_ATTENTION: 1, LANG: C }
    gpus: [{ probe: fixed, total: 24GiB }]`;
  const { managed, gpus } = (await load(yaml)).backends[0] ?? {};
  expect(managed).toEqual({
    binary: join(folder, 'bin/ollama'),
    models: join(folder, 'models'),
    contextLength: 2048,
    parallel: 3,
    kvCacheType: 'q8_0',
    flashAttention: true,
    parallelLoads: 4,
    warmCells: 0,
    promptCacheBytes: 1024 * MiB,
    keep: true,
    env: { OLLAMA_FLASH_ATTENTION: '1', LANG: 'C' },
  });
  expect(gpus).toHaveLength(1);
});

describe('the model folder that nobody named', () => {
  const yaml = 'backends: [{ name: rig, managed: {} }]';

  test('is the one of OLLAMA_MODELS', async () => {
    const config = await load(yaml, { OLLAMA_MODELS: '/srv/models' });
    expect(config.backends[0]?.managed?.models).toBe('/srv/models');
  });

  test('else the user’s own', async () => {
    const own = join(folder, '.ollama', 'models');
    await mkdir(own, { recursive: true });
    expect((await load(yaml)).backends[0]?.managed?.models).toBe(own);
  });
});

test('an attached and a managed backend stand side by side', async () => {
  const yaml = 'backends: [{ name: a, url: box }, { name: b, managed: {} }, { name: c, managed: {} }]';
  const { backends } = await load(yaml);
  expect(backends.map(({ url }) => url)).toEqual(['http://box:11434', 'managed:b', 'managed:c']);
  expect(backends[0]?.managed).toBeUndefined();
});

describe('where no backend is listed', () => {
  test('both kinds are there to be chosen from, the managed one with the settings of `managed`', async () => {
    const yaml = 'contextLength: 8192\nmanaged: { binary: bin/ollama, models: models, warmCells: 0 }';
    const { backends, ollama } = await load(yaml, { OLLAMA_HOST: 'box' });
    expect(ollama).toMatchObject({
      namedBy: null,
      attached: { name: 'ollama', url: 'http://box:11434' },
      managed: {
        name: 'ollama',
        url: 'managed:ollama',
        gpus: 'auto',
        managed: {
          binary: join(folder, 'bin/ollama'),
          models: join(folder, 'models'),
          contextLength: 8192,
          warmCells: 0,
        },
      },
    });
    expect(ollama.attached.managed).toBeUndefined();
    expect(backends).toEqual([ollama.attached]);
  });

  test('those settings stand beside no list of the same file', async () => {
    expect(await problems('managed: {}\nbackends: [{ name: a, url: a }]')).toEqual([
      expect.stringMatching(/^vramkeeper.yaml:1: managed: stands for the one backend where none is listed/),
    ]);
  });

  test('its GPUs are named at the top, whichever kind is chosen', async () => {
    const { ollama } = await load('gpus: [{ probe: fixed, total: 24GiB }]');
    const gpus = [{ probe: 'fixed', index: 0, totalBytes: 24 * 1024 * MiB }];
    expect(ollama).toMatchObject({ attached: { gpus }, managed: { gpus } });
    expect(await problems('gpus: [{ probe: nvidia }]\nbackends: [{ name: a, url: a }]')).toEqual([
      expect.stringMatching(/^vramkeeper.yaml:1: gpus: stands for the one backend where none is listed/),
    ]);
    expect(await problems('gpus: [{ probe: virtual }]')).toEqual([
      expect.stringMatching(/^vramkeeper.yaml:1: gpus: virtual GPUs belong to a virtual Ollama/),
    ]);
  });

  test('a list of another source replaces it', async () => {
    const { backends, ollama } = await load('managed: {}', { VRAMKEEPER_BACKENDS: 'a' });
    expect(backends.map(({ url }) => url)).toEqual(['http://a:11434']);
    expect(ollama.namedBy).toBe('VRAMKEEPER_BACKENDS');
  });
});

describe('--managed', () => {
  async function forced(yaml: string, env: Readonly<Record<string, string>> = {}) {
    await writeFile(join(folder, 'vramkeeper.yaml'), yaml);
    return loadConfig({ managed: true }, { env, cwd: folder, home: folder });
  }

  test('takes the managed one, whatever OLLAMA_HOST is', async () => {
    const { backends, ollama } = await forced('managed: { parallel: 2 }', { OLLAMA_HOST: 'ftp://x' });
    expect(backends).toMatchObject([{ url: 'managed:ollama', managed: { parallel: 2 } }]);
    expect(ollama.namedBy).toBe('--managed');
  });

  test('replaces what others run', async () => {
    const { backends } = await forced('backends: [{ name: a, url: a }]', { VRAMKEEPER_BACKENDS: 'b' });
    expect(backends).toMatchObject([{ name: 'ollama', url: 'managed:ollama' }]);
  });

  test('leaves managed backends of the file as they are', async () => {
    const { backends } = await forced(
      'backends: [{ name: a, url: a }, { name: b, managed: { parallel: 3 } }]',
    );
    expect(backends).toMatchObject([{ name: 'b', managed: { parallel: 3 } }]);
  });
});

describe('what is refused, with what would be right', () => {
  const backend = (more: string) => `backends: [{ name: a, ${more} }]`;
  test.each([
    ['neither a url nor managed', backend('parallel: 2'), /backends\[0\]\.url: is missing/],
    ['both', backend('url: a, managed: {}'), /\.url: a managed backend has no url/],
    ['slots in the wrong place', backend('managed: {}, parallel: 2'), /\.parallel: write it under managed/],
    [
      'a type of cache beside it',
      backend('managed: {}, kvCacheType: q8_0'),
      /\.kvCacheType: .*write it under managed/,
    ],
    ['a count of models', backend('managed: {}, maxLoadedModels: 2'), /\.maxLoadedModels: .* leave it out/],
    ['virtual GPUs', backend('managed: {}, gpus: [{ probe: virtual }]'), /\.gpus: virtual GPUs belong/],
    ['slots that are no number', backend('managed: { parallel: many }'), /"many" is neither auto nor/],
    [
      'a KV cache that cannot be',
      backend('managed: { kvCacheType: q4_0, flashAttention: false }'),
      /\.kvCacheType: q4_0 needs flash attention/,
    ],
    [
      'flash attention twice',
      backend('managed: { flashAttention: true, env: { OLLAMA_FLASH_ATTENTION: 1 } }'),
      /OLLAMA_FLASH_ATTENTION: flashAttention is set as well/,
    ],
    ['a port of its own', backend('managed: { env: { OLLAMA_HOST: x } }'), /OLLAMA_HOST is not yours to set/],
    [
      'cards by a variable',
      backend('managed: { env: { CUDA_VISIBLE_DEVICES: "0" } }'),
      /CUDA_VISIBLE_DEVICES is not yours to set: .* use gpus/,
    ],
    ['a misspelt key', backend('managed: { binari: x }'), /managed\.binari: is not a setting.*binary/],
    ['a list', backend('managed: []'), /managed: \[\] is not a group of settings/],
  ])('%s', async (_name, yaml, expected) => {
    expect(await problems(yaml)).toEqual([expect.stringMatching(expected)]);
  });
});
