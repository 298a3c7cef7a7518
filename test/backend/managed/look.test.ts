/** What a managed Ollama would be made of. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FolderLook, lookAtFolder, lookAtProgram } from '../../../src/backend/managed/look.ts';
import { VirtualClock } from '../../../src/clock.ts';
import { createModelFolder } from '../../../src/virtual-ollama/model-folder/create-model-folder.ts';

const VIRTUAL = resolve(import.meta.dirname, '../../../bin/virtual-ollama-cell.js');
const AS_NOBODY = join(import.meta.dirname, 'support', 'look-as-nobody.ts');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-look-'));
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the program', () => {
  const path = () => [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(':');
  // On a clock that stands: a program may take as long as a busy machine makes it.
  const look = (binary: string, env: Readonly<Record<string, string>> = {}) =>
    lookAtProgram({ binary }, { PATH: path(), ...env }, new VirtualClock());

  test.each([
    ['0.33.0', '0.33.0'],
    ['0.0.0', '0.0.0'],
  ])('that is on the PATH is found, with its version %s', async (said, version) => {
    await symlink(VIRTUAL, join(folder, 'ollama'));
    const found = { kind: 'usable', path: join(folder, 'ollama'), version };
    expect(await look('ollama', { VIRTUAL_VERSION: said })).toEqual(found);
  });

  test('tells its own version, whatever server runs', async () => {
    await writeFile(join(folder, 'ollama'), '#!/bin/sh\necho "asked $OLLAMA_HOST, version is 0.40.1"\n', {
      mode: 0o755,
    });
    expect(await look('ollama', { OLLAMA_HOST: '127.0.0.1:11434' })).toMatchObject({ version: '0.40.1' });
    await writeFile(join(folder, 'ollama'), '#!/bin/sh\nexit 3\n');
    expect(await look('ollama')).toMatchObject({ kind: 'usable', version: null });
    await writeFile(
      join(folder, 'ollama'),
      '#!/bin/sh\n[ "$OLLAMA_HOST" = 127.0.0.1:11434 ] || echo "client version is 0.33.0-rc2"\n',
    );
    expect(await look('ollama', { OLLAMA_HOST: '127.0.0.1:11434' })).toMatchObject({ version: '0.33.0-rc2' });
  });

  test('that is too old is of no use', async () => {
    await symlink(VIRTUAL, join(folder, 'ollama'));
    expect(await look('ollama', { VIRTUAL_VERSION: '0.20.3' })).toEqual({
      kind: 'unusable',
      problem: expect.stringMatching(/^Ollama 0\.20\.3 is too old to be managed: 0\.24\.0 or newer/),
    });
  });

  test('that is not there, or no program, is of no use', async () => {
    await writeFile(join(folder, 'text'), 'x', { mode: 0o644 });
    const unusable = (expected: RegExp) => ({ kind: 'unusable', problem: expect.stringMatching(expected) });
    expect(await look('no-such-ollama')).toEqual(unusable(/no program "no-such-ollama" on the PATH/));
    expect(await look(join(folder, 'gone'))).toEqual(unusable(/no program .*gone.*managed\.binary/));
    expect(await look(join(folder, 'text'))).toEqual(unusable(/may not be executed.*chmod \+x/));
  });
});

describe('the model folder', () => {
  async function asNobody(models: string): Promise<FolderLook> {
    const { stdout } = await promisify(execFile)(process.execPath, [AS_NOBODY, models]);
    return JSON.parse(stdout) as FolderLook;
  }

  test('tells its models by their names', async () => {
    const models = join(folder, 'models');
    createModelFolder(models);
    for (const path of ['hf.co/someone/thing', 'registry.ollama.ai/someone/other']) {
      await mkdir(join(models, 'manifests', path), { recursive: true });
      await writeFile(join(models, 'manifests', path, 'Q4'), '{}');
    }
    const look = await lookAtFolder(models);
    expect(look).toMatchObject({ kind: 'usable', path: models, closedFiles: 0 });
    expect(look.kind === 'usable' && look.models).toHaveLength(12);
    expect(look).toMatchObject({
      models: expect.arrayContaining(['hf.co/someone/thing:Q4', 'someone/other:Q4', 'smollm:360m']),
    });
  });

  test('may be empty, and is not filled', async () => {
    expect(await lookAtFolder(folder)).toMatchObject({ kind: 'usable', models: [], writable: true });
    expect(await readdir(folder)).toEqual([]);
  });

  test('that is missing is told', async () => {
    expect(await lookAtFolder(join(folder, 'gone'))).toEqual({
      kind: 'unusable',
      problem: expect.stringMatching(/no model folder .*gone.*mkdir -p/),
    });
  });

  test('that may only be read is told apart, and files that may not', async () => {
    const models = join(folder, 'models');
    createModelFolder(models);
    const [first = '', second = ''] = await readdir(join(models, 'blobs'));
    for (const name of [first, second]) await chmod(join(models, 'blobs', name), 0o000);
    for (const path of [models, join(models, 'manifests'), join(models, 'blobs')]) await chmod(path, 0o555);
    expect(await asNobody(models)).toMatchObject({ kind: 'usable', writable: false, closedFiles: 2 });
    for (const path of [models, join(models, 'manifests'), join(models, 'blobs')]) await chmod(path, 0o755);
  });

  test('that may not be read is told', async () => {
    const models = join(folder, 'models');
    createModelFolder(models);
    await chmod(models, 0o000);
    expect(await asNobody(models)).toEqual({
      kind: 'unusable',
      problem: expect.stringMatching(/may not be read by this user.*usermod -aG/),
    });
    await chmod(models, 0o755);
  });
});
