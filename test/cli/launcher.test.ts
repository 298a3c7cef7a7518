import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunningProgram, run } from './support/program.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'vramkeeper-launcher-'));
});
afterAll(() => rm(cwd, { recursive: true }));

/** Makes any Node say that it is an old one; the launcher asks nothing else of it. */
const OLD_NODE = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.0.0' } })",
  )}`,
};

/** Processes started by a process, where the system tells. */
async function childrenOf(pid: number | undefined): Promise<readonly number[] | null> {
  try {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return null;
  }
}

async function untilGone(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url);
    } catch {
      return;
    }
  }
}

describe('on a Node that is too old the launcher runs the bundled one', () => {
  test('and passes output and exit code on', async () => {
    expect(await run(['--version'], { cwd, env: OLD_NODE })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect((await run(['jobs', '--limit', 'x'], { cwd, env: OLD_NODE })).code).toBe(2);
  });

  test('and input', async () => {
    const ended = await run(['submit', '--batch', '-'], { cwd, env: OLD_NODE, input: '{"model":1}\n' });
    expect(ended).toMatchObject({
      code: 1,
      notes: expect.stringContaining('1 of 1 line of standard input cannot be submitted'),
    });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('and %s', async (signal) => {
    await using program = new RunningProgram(['virtual-ollama', '--port', '0'], { cwd, env: OLD_NODE });
    const [, url = ''] = await program.untilSaid(/ready: (\S+)/);
    program.kill(signal);
    expect(await program.ended).toMatchObject({ code: 0, signal: null });
    await expect(fetch(url)).rejects.toThrow();
  });

  test('and leaves nothing behind when it is killed', async () => {
    await using program = new RunningProgram(['virtual-ollama', '--port', '0'], { cwd, env: OLD_NODE });
    const [, url = ''] = await program.untilSaid(/ready: (\S+)/);
    program.kill('SIGKILL');
    await untilGone(url);
  });

  test('and ends by the signal that ended the program', async () => {
    await using program = new RunningProgram(['virtual-ollama', '--port', '0'], { cwd, env: OLD_NODE });
    await program.untilSaid(/ready: (\S+)/);
    const children = await childrenOf(program.child.pid);
    if (children === null) return;
    expect(children).toHaveLength(1);
    process.kill(children[0] ?? 0, 'SIGKILL');
    expect(await program.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  });
});

test('on a new enough Node there is one process', async () => {
  await using program = new RunningProgram(['virtual-ollama', '--port', '0'], { cwd });
  await program.untilSaid(/ready: (\S+)/);
  expect((await childrenOf(program.child.pid)) ?? []).toEqual([]);
});

test('a reader that has seen enough ends the program quietly', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../bin/vramkeeper.js'), '--help'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let notes = '';
  child.stderr.on('data', (part) => {
    notes += part;
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('close', resolve);
  expect(await promise).toBe(0);
  expect(notes).toBe('');
});
