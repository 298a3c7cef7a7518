import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/clock.ts';
import { parseModelName } from '../../../src/ollama-api/model-name.ts';
import { readGguf } from '../../../src/virtual-ollama/core/gguf.ts';
import {
  createModelFolder,
  DEFAULT_CATALOG,
  FolderCatalog,
  type ModelDescription,
  VirtualOllamaCore,
} from '../../../src/virtual-ollama/index.ts';
import { ggufHeader } from '../../../src/virtual-ollama/model-folder/gguf-header.ts';
import { eventually } from '../../support/eventually.ts';
import { askJson, objects, start } from '../client.ts';
import { CELL, GIB, OTHER, SMALL, VirtualMachine } from './virtual-machine.ts';

const blobsOf = (folder: string) => readdirSync(join(folder, 'blobs')).sort();
const manifestOf = (folder: string, model: string, tag: string) =>
  join(folder, 'manifests', 'registry.ollama.ai', 'library', model, tag);
/** The newest shape of the weights of a name. */
const NEWER: ModelDescription = { ...SMALL, weightsBytes: GIB / 2, weightsDigest: 'a'.repeat(64) };

async function machineWith(catalog: readonly ModelDescription[]) {
  return await VirtualMachine.create([4 * GIB], catalog);
}

describe('a model folder', () => {
  test('holds a catalogue at full size in no room, and gives it back as it was', async () => {
    await using machine = await machineWith(DEFAULT_CATALOG);
    const catalog = new FolderCatalog(machine.modelFolder);
    const core = new VirtualOllamaCore({ clock: new VirtualClock() });
    for (const expected of core.catalog.list()) {
      const found = catalog.find(expected.name);
      const { facts, weightsBytes, weightsDigest, capabilities, quantization, parameterSize } = expected;
      expect(found).toMatchObject({ weightsBytes, weightsDigest, capabilities, quantization, parameterSize });
      expect(found?.facts).toMatchObject(facts);
      expect(found?.chatTemplate).toBe(expected.chatTemplate);
    }
    expect(catalog.list()).toHaveLength(DEFAULT_CATALOG.length);
    const disk = Number(execFileSync('du', ['-s', machine.modelFolder]).toString().split('\t')[0]);
    expect(disk).toBeLessThan(2_000);
  });

  test('has headers that say what they were made from', () => {
    const positive = fc.integer({ min: 1, max: 64 });
    const clock = new VirtualClock();
    const core = new VirtualOllamaCore({ clock });
    fc.assert(
      fc.property(
        fc.record({
          blockCount: positive,
          headCount: positive,
          headCountKv: positive,
          contextLength: fc.integer({ min: 4, max: 2 ** 20 }),
          vocabSize: fc.integer({ min: 1, max: 300_000 }),
          pooling: fc.boolean(),
        }),
        ({ pooling, ...shape }) => {
          const facts = {
            architecture: pooling ? 'bert' : 'qwen2',
            embeddingLength: 32 * shape.headCount,
            feedForwardLength: 64,
            ...shape,
            ...(pooling ? { poolingType: 1 } : {}),
          };
          const model = core.describe({ name: 'x', weightsBytes: 1, facts, quantization: 'Q8_0' });
          const header = readGguf(ggufHeader(model));
          expect(header.facts).toMatchObject(facts);
          expect(header.quantization).toBe('Q8_0');
          expect(header.chatTemplate).toBe(model.chatTemplate);
        },
      ),
    );
  });

  test('is read anew by every request: a half-written manifest is an unexpected EOF, a missing one a 404', async () => {
    await using machine = await machineWith([SMALL, OTHER]);
    const cell = await machine.cell();
    await cell.load('small:1b');
    const path = manifestOf(machine.modelFolder, 'small', '1b');
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.slice(0, 40));
    expect(await cell.load('small:1b')).toEqual({ status: 500, value: { error: 'unexpected EOF' } });
    expect((await cell.load('other:1b')).status).toBe(200);
    const { value } = await askJson(cell.url, '/api/tags');
    expect(value.models.map(({ name }: { name: string }) => name)).toEqual(['other:1b']);
    cpSync(path, `${path}.moved`);
    execFileSync('rm', [path]);
    expect((await cell.load('small:1b')).status).toBe(404);
    expect(await cell.ps()).toHaveLength(2);
    writeFileSync(path, whole);
    expect((await cell.load('small:1b')).status).toBe(200);
    expect(machine.count('loaded')).toBe(2);
  });

  test('swaps the weights of a resident model when its manifest is replaced', async () => {
    await using machine = await machineWith([SMALL]);
    const cell = await machine.cell();
    await cell.load('small:1b');
    createModelFolder(machine.modelFolder, [NEWER]);
    expect((await cell.load('small:1b')).status).toBe(200);
    const models = machine.engines().map((pid) => machine.commandLine(pid).join(' '));
    expect(models.some((line) => line.includes('a'.repeat(64)))).toBe(true);
  });

  test('may be private, with one manifest and links to the blobs of another, filled after the start', async () => {
    await using machine = await machineWith([SMALL, OTHER]);
    const folder = join(machine.folder, 'private');
    const cell = await machine.cell({ OLLAMA_MODELS: folder });
    expect((await cell.load('small:1b')).status).toBe(404);
    for (const blob of blobsOf(machine.modelFolder))
      symlinkSync(join(machine.modelFolder, 'blobs', blob), join(folder, 'blobs', blob));
    const path = manifestOf(folder, 'small', '1b');
    mkdirSync(dirname(path), { recursive: true });
    cpSync(manifestOf(machine.modelFolder, 'small', '1b'), path);
    expect((await cell.load('small:1b')).status).toBe(200);
    expect((await cell.load('other:1b')).status).toBe(404);
  });
});

describe('a library cell', () => {
  test('lists, shows, copies, creates and deletes, and removes layers with their last model', async () => {
    await using machine = await machineWith([
      SMALL,
      { ...OTHER, parameters: { num_ctx: 1024 }, system: 'Hi' },
    ]);
    const cell = await machine.cell({ CUDA_VISIBLE_DEVICES: '-1', OLLAMA_VULKAN: '0' });
    const names = async () =>
      (await askJson(cell.url, '/api/tags')).value.models.map(({ name }: { name: string }) => name).sort();
    const weights = new FolderCatalog(machine.modelFolder).find(parseModelName('small:1b'))?.weightsDigest;
    const weightsFile = join(machine.modelFolder, 'blobs', `sha256-${weights}`);
    expect(await names()).toEqual(['other:1b', 'small:1b']);
    expect((await cell.post('/api/show', { model: 'other:1b' })).value).toMatchObject({
      system: 'Hi',
      parameters: expect.stringContaining('num_ctx'),
      model_info: { 'llama.block_count': 10, 'llama.context_length': 8192 },
    });
    const { value } = await cell.post('/api/show', { model: 'small:1b' });
    expect(value).toHaveProperty('modelfile', expect.stringContaining(`FROM ${weightsFile}\n`));

    await start(cell.url, '/api/copy', { source: 'small:1b', destination: 'second' }).answer;
    const created = await start(cell.url, '/api/create', {
      model: 'third',
      from: 'small:1b',
      parameters: { num_ctx: 512 },
    }).answer;
    expect(objects(created).at(-1)).toEqual({ status: 'success' });
    expect(await names()).toEqual(['other:1b', 'second:latest', 'small:1b', 'third:latest']);
    for (const model of ['small:1b', 'second']) {
      await start(cell.url, '/api/delete', { model }, { method: 'DELETE' }).answer;
      expect(existsSync(weightsFile)).toBe(true);
    }
    await start(cell.url, '/api/delete', { model: 'third' }, { method: 'DELETE' }).answer;
    expect(existsSync(weightsFile)).toBe(false);
    expect(existsSync(dirname(manifestOf(machine.modelFolder, 'third', 'latest')))).toBe(false);
    expect(await names()).toEqual(['other:1b']);
  });

  test('pulls what the library has now, and removes the old layers unless OLLAMA_NOPRUNE is set', async () => {
    await using machine = await machineWith([SMALL, OTHER]);
    const library = join(machine.folder, 'library.json');
    const environment = { VIRTUAL_LIBRARY: library, VIRTUAL_SPEED: '1000' };
    const [keeps, prunes] = await Promise.all([
      machine.cell(environment),
      machine.cell({ ...environment, OLLAMA_NOPRUNE: '0' }),
    ]);
    const before = blobsOf(machine.modelFolder);
    const pull = async (url: string) =>
      objects(await start(url, '/api/pull', { model: 'small:1b' }).answer).map(({ status }) => status);
    writeFileSync(library, JSON.stringify([NEWER]));
    expect(await pull(keeps.url)).not.toContain('removing unused layers');
    expect(blobsOf(machine.modelFolder)).toEqual(expect.arrayContaining(before));
    writeFileSync(library, JSON.stringify([{ ...NEWER, weightsDigest: 'b'.repeat(64) }]));
    const lines = await pull(prunes.url);
    expect(lines.slice(-2)).toEqual(['removing unused layers', 'success']);
    expect(blobsOf(machine.modelFolder)).not.toContain(`sha256-${'a'.repeat(64)}`);
    expect(blobsOf(machine.modelFolder)).toContain(`sha256-${'b'.repeat(64)}`);
    const size = statSync(join(machine.modelFolder, 'blobs', `sha256-${'b'.repeat(64)}`)).size;
    expect(size).toBe(GIB / 2);
    expect((await keeps.load('small:1b')).status).toBe(200);
    expect(await pull(keeps.url)).toContain('success');
  });

  test('without OLLAMA_NOPRUNE empties a folder that it shares by a link, at its start', async () => {
    await using machine = await machineWith([SMALL, OTHER]);
    const shared = join(machine.modelFolder, 'blobs');
    const longAgo = new Date(2020, 0, 1);
    for (const blob of blobsOf(machine.modelFolder)) utimesSync(join(shared, blob), longAgo, longAgo);
    const folder = join(machine.folder, 'private');
    mkdirSync(folder);
    symlinkSync(shared, join(folder, 'blobs'));
    await machine.cell({ OLLAMA_MODELS: folder });
    expect(blobsOf(machine.modelFolder)).not.toEqual([]);
    await machine.cell({ OLLAMA_MODELS: folder, OLLAMA_NOPRUNE: '' });
    expect(blobsOf(machine.modelFolder)).toEqual([]);
  });

  test('takes an uploaded file into its folder', async () => {
    await using machine = await machineWith([SMALL]);
    const cell = await machine.cell();
    const text = 'not a model';
    const digest = execFileSync('sha256sum', { input: text }).toString().slice(0, 64);
    const path = `/api/blobs/sha256:${digest}`;
    expect((await start(cell.url, path, undefined, { method: 'HEAD' }).answer).status).toBe(404);
    expect((await start(cell.url, path, text).answer).status).toBe(201);
    expect(readFileSync(join(machine.modelFolder, 'blobs', `sha256-${digest}`), 'utf8')).toBe(text);
    expect((await start(cell.url, `/api/blobs/sha256:${'0'.repeat(64)}`, text).answer).status).toBe(400);
    expect(blobsOf(machine.modelFolder).filter((name) => name.includes('upload'))).toEqual([]);
  });
});

test('a server whose output nobody reads any more dies at its next line, and leaves its engine', async () => {
  await using machine = await machineWith([SMALL]);
  const child = spawn(CELL, ['serve'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: machine.environment(),
  });
  machine.own(child);
  let log = '';
  child.stderr.on('data', (text: Buffer) => {
    log += text.toString();
  });
  await eventually(() => /Listening on \S+/.test(log));
  const url = `http://${/Listening on (\S+)/.exec(log)?.[1]}`;
  await start(url, '/api/generate', { model: 'small:1b' }).answer;
  child.stdout.destroy();
  child.stderr.destroy();
  // It may die before its answer has left.
  await start(url, '/api/version').answer.catch(() => {});
  await eventually(() => child.signalCode !== null || child.exitCode !== null);
  expect(child.signalCode).toBe('SIGPIPE');
  expect(machine.engines()).toHaveLength(1);
});
