/** Commands for a server that has only just started. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { RunningProgram, run } from './support/program.ts';
import { serve } from './support/served.ts';
import { tapped } from './support/tapped.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-early-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('random jobs wait for a server that does not know its models yet', async () => {
  await using ollama = await runVirtualOllama({ speed: 20 });
  await ollama.pause();
  const { server, url } = await serve(folder, ollama.url);
  await using _ = server;
  await using way = await tapped(url);
  await using program = new RunningProgram(['submit', '--random', '2'], {
    cwd: folder,
    env: { VRAMKEEPER_URL: way.url },
  });
  // It has an answer without models, and asks again.
  await eventually(() => way.sent().split(/\bmodels\(/).length > 2);
  await ollama.resume();
  const { code, out } = await program.ended;
  expect(out).toContain('2 complete, 0 failed');
  expect(code).toBe(0);
});

test('a server without any model is said with what to do', async () => {
  await using ollama = await runVirtualOllama({ catalog: [] });
  const { server, url } = await serve(folder, ollama.url);
  await using _ = server;
  const { code, notes } = await run(['submit', '--random', '2'], {
    cwd: folder,
    env: { VRAMKEEPER_URL: url },
  });
  expect(code).not.toBe(0);
  expect(notes).toContain('knows no models. Get one with "vramkeeper pull MODEL"');
});
