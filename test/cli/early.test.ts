/** Commands for a server that has only just started. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { RunningProgram, run } from './support/program.ts';
import { serve } from './support/served.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-early-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('random jobs wait for a server that does not know its models yet', async () => {
  const ollama = await runVirtualOllama({ speed: 20 });
  await ollama.pause();
  const { server, url } = await serve(folder, ollama.url);
  const program = new RunningProgram(['submit', '--random', '2'], {
    cwd: folder,
    env: { VRAMKEEPER_URL: url },
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await ollama.resume();
  const { code, out } = await program.ended;
  expect(out).toContain('2 complete, 0 failed');
  expect(code).toBe(0);
  await server[Symbol.asyncDispose]();
  await ollama.stop();
});

test('a server without any model is said with what to do', async () => {
  const ollama = await runVirtualOllama({ catalog: [] });
  const { server, url } = await serve(folder, ollama.url);
  const { code, notes } = await run(['submit', '--random', '2'], {
    cwd: folder,
    env: { VRAMKEEPER_URL: url },
  });
  expect(code).not.toBe(0);
  expect(notes).toContain('knows no models. Get one with "vramkeeper pull MODEL"');
  await server[Symbol.asyncDispose]();
  await ollama.stop();
});
