/** The program of a managed backend, and what is fixed when it is started. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cellKey, libraryEnvironment, plannedEnvironment } from '../../../src/backend/managed/cell-plan.ts';
import { findProgram, requireVersion } from '../../../src/backend/managed/program.ts';
import { MiB } from '../../../src/domain/units.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-program-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the program', () => {
  test('is found on the PATH, or at its path', async () => {
    const path = join(folder, 'ollama');
    await writeFile(path, '#!/bin/sh\n');
    await chmod(path, 0o755);
    expect((await findProgram('ollama', `/nowhere:${folder}`)).path).toBe(path);
    expect((await findProgram(path, undefined)).path).toBe(path);
  });

  test('is another one after an upgrade', async () => {
    const path = join(folder, 'ollama');
    await writeFile(path, '#!/bin/sh\n');
    await chmod(path, 0o755);
    const before = await findProgram(path, undefined);
    await writeFile(path, '#!/bin/sh\n# newer\n');
    expect((await findProgram(path, undefined)).stamp).not.toBe(before.stamp);
  });

  test('that is missing or may not be run is told with what to do', async () => {
    await expect(findProgram('ollama', folder)).rejects.toThrow(
      /no program "ollama" on the PATH.*Install Ollama/,
    );
    await expect(findProgram(join(folder, 'ollama'), folder)).rejects.toThrow(/no program .*managed\.binary/);
    await writeFile(join(folder, 'data'), 'no program', { mode: 0o600 });
    await expect(findProgram(join(folder, 'data'), folder)).rejects.toThrow(/may not be executed.*chmod/);
    await expect(findProgram(`${folder}/`, folder)).rejects.toThrow(/is not a program/);
  });

  test.each(['0.0.0', '0.24.0', '0.33.0-rc2', 'v0.30.1', '1.0.0', 'a build of mine'])(
    'of version %s will do',
    (version) => {
      expect(() => requireVersion(version)).not.toThrow();
    },
  );

  test.each(['0.23.9', '0.5.11'])('of version %s is too old', (version) => {
    expect(() => requireVersion(version)).toThrow(/too old to be managed.*0\.24\.0/);
  });
});

const surroundings = {
  PATH: '/usr/bin',
  LANG: 'C',
  OLLAMA_HOST: '0.0.0.0',
  OLLAMA_DEBUG: '1',
  LLAMA_ARG_THREADS: '3',
  CUDA_VISIBLE_DEVICES: '7',
  HTTPS_PROXY: 'http://proxy',
  SECRET: 'x',
};
const options = {
  defaults: {
    contextLength: 2048,
    instance: { parallel: 2, kvCacheType: 'f16', flashAttention: null } as const,
    parallelLoads: 2,
    fitTargetBytes: 512 * MiB,
    promptCacheBytes: 256 * MiB,
  },
  env: {},
  surroundings,
};
const plan = {
  gpus: [{ key: 'GPU-00000000-0000-4000-8000-000000000000', index: 0 }],
  config: { parallel: 3, kvCacheType: 'f16', flashAttention: null },
} as const;

describe('the environment of a cell', () => {
  test('is what is set for it, and of the surroundings only what is on the list', () => {
    expect(plannedEnvironment(plan, options)).toEqual({
      PATH: '/usr/bin',
      LANG: 'C',
      OLLAMA_HOST: '127.0.0.1:0',
      OLLAMA_MAX_LOADED_MODELS: '1',
      OLLAMA_KEEP_ALIVE: '-1',
      OLLAMA_NOPRUNE: '1',
      OLLAMA_NO_CLOUD: '1',
      OLLAMA_CONTEXT_LENGTH: '2048',
      OLLAMA_NUM_PARALLEL: '3',
      LLAMA_ARG_FIT_TARGET: '512',
      LLAMA_ARG_CACHE_RAM: '256',
      CUDA_VISIBLE_DEVICES: plan.gpus[0].key,
      ROCR_VISIBLE_DEVICES: '-1',
      OLLAMA_VULKAN: '0',
      GGML_VK_VISIBLE_DEVICES: '-1',
    });
  });

  test('follows the instance’s set-up, and the user’s variables come last', () => {
    const config = { parallel: 1, kvCacheType: 'q8_0', flashAttention: true } as const;
    const env = { OLLAMA_FLASH_ATTENTION: '0', OLLAMA_DEBUG: '2' };
    expect(plannedEnvironment({ ...plan, config }, { ...options, env })).toMatchObject({
      OLLAMA_KV_CACHE_TYPE: 'q8_0',
      OLLAMA_FLASH_ATTENTION: '0',
      OLLAMA_DEBUG: '2',
    });
  });

  test('of the library has no card, and the way to the network', () => {
    expect(libraryEnvironment(options)).toMatchObject({
      CUDA_VISIBLE_DEVICES: '-1',
      HTTPS_PROXY: 'http://proxy',
    });
    expect(libraryEnvironment(options)).not.toHaveProperty('SECRET');
  });

  test('makes the key by which cells can take each other’s place', () => {
    const program = { path: '/bin/ollama', stamp: '1' };
    const key = cellKey(plan, options, program);
    const elsewhere = { ...options, surroundings: { PATH: '/another/shell' } };
    expect(cellKey(plan, elsewhere, program)).toBe(key);
    const others = [
      cellKey({ ...plan, config: { ...plan.config, parallel: 4 } }, options, program),
      cellKey({ ...plan, gpus: [] }, options, program),
      cellKey(plan, { ...options, env: { A: 'b' } }, program),
      cellKey(plan, options, { ...program, stamp: '2' }),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
  });
});
