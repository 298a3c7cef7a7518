import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
