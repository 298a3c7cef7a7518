import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { digestText } from '../../src/domain/api-key.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { run } from './support/program.ts';
import { serve } from './support/served.ts';

test('--key lets a command in, before VRAMKEEPER_KEY, and the key says who asks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-keys-'));
  const ollama = await runVirtualOllama({ speed: 20 });
  await writeFile(
    join(folder, 'vramkeeper.yaml'),
    'keys:\n  - { name: alice, key: the-key-of-alice-1 }\n  - { name: bob, key: the-key-of-bob-12 }\n',
  );
  const { server, url } = await serve(folder, ollama.url);
  try {
    const submit = (args: readonly string[], key?: string) =>
      run(['submit', 'qwen2.5:0.5b', 'x', '--no-wait', ...args], {
        cwd: folder,
        env: { VRAMKEEPER_URL: url, ...(key ? { VRAMKEEPER_KEY: key } : {}) },
      });
    const { code, out } = await submit(['--key', 'the-key-of-alice-1'], 'the-key-of-bob-12');
    expect(code).toBe(0);
    const shown = (key: string) =>
      run(['job', out.trim().slice(0, -2), '--json', '--key', key], {
        cwd: folder,
        env: { VRAMKEEPER_URL: url },
      });
    expect(JSON.parse((await shown('the-key-of-alice-1')).out)).toMatchObject({ client: 'alice' });
    expect(await shown('the-key-of-bob-12')).toMatchObject({
      code: 1,
      out: '',
      notes: expect.stringContaining('There is no job'),
    });
    expect(await submit([])).toMatchObject({ code: 1, notes: expect.stringContaining('--key') });
    expect(await submit(['--key', 'wrong-key-wrong-key'])).toMatchObject({
      code: 1,
      notes: expect.stringContaining('refuses the key'),
    });
  } finally {
    await server[Symbol.asyncDispose]();
    await ollama.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test('key create shows a key once, and the entry of the settings that knows it', async () => {
  const made = await run(['key', 'create', 'night: batch'], { cwd: tmpdir() });
  expect(made.code).toBe(0);
  const key = made.out.trim();
  expect(key).toMatch(/^vk_\w{49}$/);
  const entry = parse(made.notes.slice(made.notes.indexOf('clients:')));
  expect(entry).toEqual({ clients: { 'night: batch': { key: digestText(key) } } });
  expect(made.notes).not.toContain(key);
  const json = await run(['key', 'create', 'ci', '--json'], { cwd: tmpdir() });
  const { key: other, ...rest } = JSON.parse(json.out);
  expect(rest).toEqual({ name: 'ci', digest: digestText(other) });
  expect(other).not.toBe(key);
  expect(await run(['key', 'create', 'default'], { cwd: tmpdir() })).toMatchObject({ code: 2, out: '' });
});
