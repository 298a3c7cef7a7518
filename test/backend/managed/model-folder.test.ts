/** The user's model folder, and the private ones that cells get. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockFolder } from '../../../src/backend/managed/library-lock.ts';
import {
  filesInUse,
  partsOf,
  readManifest,
  requireModelFolder,
  weightFiles,
} from '../../../src/backend/managed/manifest.ts';
import { PrivateFolder } from '../../../src/backend/managed/private-folder.ts';
import { systemClock } from '../../../src/clock.ts';
import { BackendError } from '../../../src/domain/errors.ts';

const signal = new AbortController().signal;
const STRANGER = join(import.meta.dirname, 'support/stranger.ts');
let folder: string;
let models: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-models-'));
  models = join(folder, 'models');
  await mkdir(join(models, 'blobs'), { recursive: true });
  await mkdir(join(models, 'manifests'), { recursive: true });
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function blob(text: string): Promise<string> {
  const digest = createHash('sha256').update(text).digest('hex');
  await writeFile(join(models, 'blobs', `sha256-${digest}`), text);
  return `sha256:${digest}`;
}

async function putModel(path: string, weights: string, template: string): Promise<void> {
  const type = (what: string) => `application/vnd.ollama.image.${what}`;
  const manifest = {
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: await blob('{}') },
    layers: [
      { mediaType: type('model'), digest: await blob(weights), size: weights.length },
      { mediaType: type('template'), digest: await blob(template), size: template.length },
    ],
  };
  const file = join(models, 'manifests', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(manifest));
}

const read = (name: string) => readManifest(models, name, systemClock, signal);
const refusal = async (work: Promise<unknown>): Promise<BackendError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BackendError);
  return error as BackendError;
};

describe('a model’s manifest', () => {
  test.each([
    ['llama3.2:3b', ['registry.ollama.ai', 'library', 'llama3.2', '3b']],
    ['llama3.2', ['registry.ollama.ai', 'library', 'llama3.2', 'latest']],
    ['me/mine:x', ['registry.ollama.ai', 'me', 'mine', 'x']],
    ['hf.co/a/b-GGUF:Q4_K_M', ['hf.co', 'a', 'b-gguf', 'q4_k_m']],
    ['localhost:5000/a/b:c', ['localhost:5000', 'a', 'b', 'c']],
  ])('of %s is looked for at %s', (name, parts) => {
    expect(partsOf(name)).toEqual(parts);
  });

  test('is found in whatever case its name is spelt on the disk', async () => {
    await putModel('hf.co/Someone/Model-GGUF/Q4_K_M', 'weights', 'template');
    const manifest = await read('hf.co/someone/model-gguf:q4_k_m');
    expect(manifest.path).toEqual(['hf.co', 'Someone', 'Model-GGUF', 'Q4_K_M']);
    expect(manifest.layers).toHaveLength(3);
  });

  test('tells apart what is loaded and what is only said differently', async () => {
    await putModel('registry.ollama.ai/library/a/x', 'weights', 'template');
    await putModel('registry.ollama.ai/library/b/x', 'weights', 'another template');
    await putModel('registry.ollama.ai/library/c/x', 'other weights', 'template');
    const [a, b, c] = await Promise.all(['a:x', 'b:x', 'c:x'].map(read));
    if (!a || !b || !c) throw new Error('A manifest is missing.');
    expect(weightFiles(a)).toBe(weightFiles(b));
    expect(weightFiles(a)).not.toBe(weightFiles(c));
    expect(a.digest).not.toBe(b.digest);
  });

  test('that is half-written is read again until it is whole', async () => {
    await putModel('registry.ollama.ai/library/a/x', 'weights', 'template');
    const file = join(models, 'manifests/registry.ollama.ai/library/a/x');
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, 40));
    const reading = read('a:x');
    await writeFile(file, whole);
    expect((await reading).bytes).toEqual(whole);
  });

  test('that stays missing is a model that may be tried again', async () => {
    expect(await refusal(read('gone:x'))).toMatchObject({ code: 'MODEL_NOT_FOUND', remedy: 'retry' });
    expect(await refusal(read('../../etc:passwd'))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });
});

describe('a model folder', () => {
  test('that is missing is refused and not made', async () => {
    const path = join(folder, 'nowhere');
    expect((await refusal(requireModelFolder(path))).message).toMatch(
      /no model folder .*nowhere.*managed\.models/,
    );
    expect(await readdir(folder)).toEqual(['models']);
  });

  test('that is a file is refused', async () => {
    await writeFile(join(folder, 'file'), '');
    expect((await refusal(requireModelFolder(join(folder, 'file')))).message).toMatch(/is not a folder/);
  });

  test('tells which of its files a manifest names', async () => {
    await putModel('registry.ollama.ai/library/a/x', 'weights', 'template');
    const before = (await readdir(join(models, 'blobs'))).sort();
    await blob('named by nothing');
    expect([...(await filesInUse(models))].sort()).toEqual(before);
  });
});

describe('what a user without rights is told', () => {
  const told = async (what: 'read' | 'lock', mode: number) => {
    await chmod(folder, 0o755);
    await chmod(models, mode);
    const { stdout } = await promisify(execFile)(process.execPath, [STRANGER, what, models]);
    await chmod(models, 0o755);
    return JSON.parse(stdout);
  };

  test('of a folder that may not be read, by whose group it can be', async () => {
    expect(await told('read', 0o200)).toMatchObject({
      code: 'BACKEND_UNREACHABLE',
      remedy: 'wait',
      message: expect.stringMatching(/may not be read by this user.*usermod/),
    });
  });

  test('of a read-only folder, when it is to be changed', async () => {
    expect(await told('read', 0o555)).toBe('Nothing is wrong.');
    expect(await told('lock', 0o555)).toMatchObject({
      code: 'BACKEND_ERROR',
      remedy: 'none',
      message: expect.stringMatching(/may not write to it.*permissions/),
    });
  });
});

describe('a private folder', () => {
  test('on a full disk says so', async () => {
    await putModel('registry.ollama.ai/library/a/x', 'weights', 'template');
    const own = await PrivateFolder.create(join(folder, 'own'));
    // The one device whose every write fails for want of space.
    await symlink('/dev/full', join(own.path, 'manifest.new'));
    expect(await refusal(own.add(models, await read('a:x')))).toMatchObject({
      code: 'LOAD_FAILED',
      message: expect.stringMatching(/disk of the data folder is full/),
    });
  });

  test('keeps its model when the user’s folder lets it go', async () => {
    await putModel('registry.ollama.ai/library/a/x', 'weights', 'template');
    const own = await PrivateFolder.create(join(folder, 'own'));
    const manifest = await read('a:x');
    await own.add(models, manifest);
    await rm(models, { recursive: true });
    expect(await readdir(join(own.path, 'manifests/registry.ollama.ai/library/a'))).toEqual(['x']);
    for (const { fileName } of manifest.layers) {
      expect((await readFile(join(own.path, 'blobs', fileName))).length).toBeGreaterThan(0);
    }
    await own.remove();
    expect(await readdir(folder)).toEqual([]);
  });

  test('takes the weights’ name, not a copy of them', async () => {
    await putModel('registry.ollama.ai/library/a/x', 'weights', 'template');
    const own = await PrivateFolder.create(join(folder, 'own'));
    const manifest = await read('a:x');
    await own.add(models, manifest);
    const name = weightFiles(manifest);
    const [mine, theirs] = await Promise.all(
      [own.path, models].map((path) => stat(join(path, 'blobs', name))),
    );
    expect(mine?.ino).toBe(theirs?.ino);
  });

  test('takes a second name of the same weights', async () => {
    await putModel('registry.ollama.ai/library/a/x', 'weights', 'template');
    await putModel('registry.ollama.ai/library/b/x', 'weights', 'another template');
    const own = await PrivateFolder.create(join(folder, 'own'));
    await own.add(models, await read('a:x'));
    await own.add(models, await read('b:x'));
    expect((await readdir(join(own.path, 'manifests/registry.ollama.ai/library'))).sort()).toEqual([
      'a',
      'b',
    ]);
  });

  test('says which file is missing', async () => {
    await putModel('registry.ollama.ai/library/a/x', 'weights', 'template');
    const manifest = await read('a:x');
    await rm(join(models, 'blobs', weightFiles(manifest)));
    const own = await PrivateFolder.create(join(folder, 'own'));
    expect(await refusal(own.add(models, manifest))).toMatchObject({ code: 'LOAD_FAILED', remedy: 'retry' });
  });
});

describe('the lock of a model folder', () => {
  test('is shared within a server and goes with its last holder', async () => {
    const first = await lockFolder(models);
    const second = await lockFolder(models);
    await first[Symbol.asyncDispose]();
    expect(await readdir(models)).toContain('.vramkeeper-lock');
    await second[Symbol.asyncDispose]();
    expect(await readdir(models)).not.toContain('.vramkeeper-lock');
  });

  test('keeps out while another living process holds it', async () => {
    const startTicks = Number((await readFile('/proc/1/stat', 'utf8')).replace(/^.*\) /, '').split(' ')[19]);
    await writeFile(join(models, '.vramkeeper-lock'), JSON.stringify({ pid: 1, startTicks }));
    expect(await refusal(lockFolder(models))).toMatchObject({ remedy: 'wait' });
  });

  test('of a dead process is taken over', async () => {
    await writeFile(join(models, '.vramkeeper-lock'), JSON.stringify({ pid: 1, startTicks: 1e15 }));
    await using _lock = await lockFolder(models);
    expect(JSON.parse(await readFile(join(models, '.vramkeeper-lock'), 'utf8')).pid).toBe(process.pid);
  });
});
