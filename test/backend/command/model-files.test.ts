/** What GGUF files that a command names tell of its model: read from the files themselves. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CommandLibrary } from '../../../src/backend/command/command-library.ts';
import { ggufPaths, lookAtFiles } from '../../../src/backend/command/model-files.ts';
import { silentLogger } from '../../../src/telemetry/logger.ts';
import { DEFAULT_CATALOG } from '../../../src/virtual-ollama/index.ts';
import { ggufHeader } from '../../../src/virtual-ollama/model-folder/gguf-header.ts';
import { rejection } from '../managed/support/rig.ts';
import { model } from './command-rig.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-gguf-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['x -m a.gguf', ['/w/a.gguf']],
  ['x --mmproj p.gguf --model=/m/a.gguf', ['/m/a.gguf', '/w/p.gguf']],
  ['x --lora l.gguf -m a.GGUF', ['/w/a.GGUF', '/w/l.gguf']],
  ['x serve org/model', []],
])('the files of "%s" are %j', (command, paths) => {
  expect(ggufPaths(command.split(' '), '/w')).toEqual(paths);
});

test.each(DEFAULT_CATALOG.map((model) => [model.name, model] as const))(
  'the file of %s tells its architecture, and what it can do',
  async (name, model) => {
    const path = join(folder, `${name.replace(/\W/g, '_')}.gguf`);
    const whole = { ...model, name: { model: name }, quantization: 'Q4_0', chatTemplate: '' };
    await writeFile(path, ggufHeader(whole as unknown as Parameters<typeof ggufHeader>[0]));
    const { facts, capabilities } = await lookAtFiles([path]);
    const embeds = model.facts.poolingType !== undefined;
    expect(facts).toMatchObject({
      architecture: model.facts.architecture,
      blockCount: model.facts.blockCount,
    });
    expect(facts?.tensors?.weightBytes).toBeGreaterThan(0);
    expect(capabilities).toEqual([embeds ? 'embedding' : 'completion']);
  },
);

test('a file that is missing, is none, or is not whole is said by its path', async () => {
  const why = async (name: string) => String(await rejection(lookAtFiles([join(folder, name)])));
  expect(await why('missing.gguf')).toMatch(/There is no file .*missing\.gguf/);
  await writeFile(join(folder, 'text.gguf'), 'not what you think');
  expect(await why('text.gguf')).toMatch(/text\.gguf is no GGUF file: it does not begin with GGUF/);
  await writeFile(join(folder, 'cut.gguf'), Buffer.concat([Buffer.from('GGUF'), Buffer.from([3, 0, 0, 0])]));
  expect(await why('cut.gguf')).toMatch(/ends in the middle of its header/);
  await writeFile(join(folder, 'part-00001-of-00003.gguf'), 'GGUF');
  expect(await why('part-00001-of-00003.gguf')).toMatch(/is one of 3 parts, and 1 of them are there/);
});

test('a file is read once, and again when it has changed', async () => {
  const path = join(folder, 'once.gguf');
  const [first] = DEFAULT_CATALOG;
  const whole = { ...first, name: { model: 'once' }, quantization: 'Q4_0', chatTemplate: '' };
  const header = ggufHeader(whole as unknown as Parameters<typeof ggufHeader>[0]);
  await writeFile(path, header);
  await utimes(path, 1_000, 1_000);
  const config = model('', { command: ['llama-server', '-m', path, '--port', '{port}'] });
  const library = new CommandLibrary({
    name: 'rig',
    models: { once: config },
    logger: silentLogger,
    listed: () => {},
  });
  const before = await library.list();
  expect(before).toMatchObject([{ name: 'once', family: first?.facts.architecture }]);
  // Whoever read it now would find no model.
  await writeFile(path, Buffer.alloc(header.length));
  await utimes(path, 1_000, 1_000);
  expect(await library.list()).toEqual(before);
  await utimes(path, 2_000, 2_000);
  expect(await library.list()).toEqual([]);
});
