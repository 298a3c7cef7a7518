/** Models of a real llama.cpp server that commands start, under a limit of memory, and over a kill of the server that started them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { parseStat } from '../../src/backend/supervisor/proc/stat.ts';
import { AppClient } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { installEngine } from './engine.ts';

const BIN = resolve(import.meta.dirname, '../../bin/vramkeeper.js');
const CELLS = '{ backends { cells { modelName pid status } } }';
const ready = ({ status }: { readonly status: string }) => status === 'READY';

/** A server of ours as a program, which can be killed. */
async function serve(config: string): Promise<{ readonly client: AppClient; readonly server: ChildProcess }> {
  const server = spawn(process.execPath, [BIN, 'serve', '--config', config, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const graphqlUrl = /GraphQL: (\S+)/.exec(line)?.[1];
    if (graphqlUrl === undefined) continue;
    server.stdout.resume();
    return { client: new AppClient({ graphqlUrl } as App), server };
  }
  throw new Error('It ended before it was ready.');
}

test('three instances take turns under a limit of memory, and the next server takes over what a killed one has left', async () => {
  const { python, model } = await installEngine();
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-engines-'));
  const config = join(folder, 'vramkeeper.yaml');
  const program = [python, join(import.meta.dirname, 'llama-server.py'), '--model', model];
  const command = [...program, '--port', '{port}', '-c', '{context}', '-np', '{parallel}'];
  const models = {
    'smol/chat': { command: [...command, '--alias', 'chat'], contextLength: 1024, parallel: 2 },
    'smol/long': { command, contextLength: 2048, parallel: 1 },
    'smol/embed': { command: [...command, '--embedding'], contextLength: 512, parallel: 1 },
  };
  // One of them has room there, and no two.
  const gpus = [{ probe: 'fixed', total: '1200MiB' }];
  const backends = [{ name: 'rig', type: 'command', models, gpus }];
  await writeFile(config, JSON.stringify({ dataDir: join(folder, 'data'), headroom: 0, backends }));
  const pids = new Set<number>();
  const servers: ChildProcess[] = [];
  try {
    const { client, server } = await serve(config);
    servers.push(server);
    const options = { maxTokens: 8, temperature: 0 };
    const prompt = 'The capital of France is';
    const submit = async (name: string, request: object) =>
      (await client.submit({ model: name, request })).job.id as string;
    const result = async (id: string) => (await client.ended(id)).result;

    const capital = await submit('smol/chat', { generate: { prompt, raw: true, options } });
    expect((await result(capital)).text).toMatch(/Paris/);
    const vectors = await submit('smol/embed', { embed: { input: ['A dog barks.'] } });
    expect((await result(vectors)).embeddings[0]).toHaveLength(576);
    const format = {
      type: 'object',
      properties: { sky: { type: 'string', enum: ['blue'] } },
      required: ['sky'],
    };
    const messages = [{ role: 'USER', content: 'Describe the sky.' }];
    const formed = await submit('smol/long', {
      chat: { messages, format, options: { ...options, maxTokens: 40 } },
    });
    expect(JSON.parse((await result(formed)).text)).toEqual({ sky: 'blue' });

    const count = [{ role: 'USER', content: 'Count to a thousand.' }];
    const stopped = await submit('smol/long', { chat: { messages: count, options: { maxTokens: 1_500 } } });
    await client.jobWhen(stopped, ({ status }) => status === 'RUNNING');
    await client.query(`mutation { cancelJob(input: { id: "${stopped}" }) { __typename } }`);
    expect(await client.ended(stopped)).toMatchObject({ status: 'CANCELLED' });

    const { cells } = (await client.query(CELLS)).backends[0];
    for (const { pid } of cells) pids.add(pid);
    expect(cells).toHaveLength(3);
    const [left] = cells.filter(ready);
    expect(left).toMatchObject({ modelName: 'smol/long' });

    server.kill('SIGKILL');
    await once(server, 'exit');
    const next = await serve(config);
    servers.push(next.server);
    const again = await next.client.submit({
      model: 'smol/long',
      request: { generate: { prompt, options } },
    });
    expect(await next.client.ended(again.job.id)).toMatchObject({ status: 'COMPLETE' });
    expect((await next.client.query(CELLS)).backends[0].cells).toMatchObject([
      { pid: left.pid, status: 'READY' },
    ]);
    next.server.kill('SIGTERM');
    await once(next.server, 'exit');
    await eventually(() => ![...pids].some(isThere));
  } finally {
    for (const { pid = 0, exitCode } of servers)
      if (exitCode === null && isThere(pid)) process.kill(pid, 'SIGKILL');
    for (const pid of [...pids].filter(isThere)) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

/** Whether it runs: what has ended and was not taken note of by its parent yet does not. */
function isThere(pid: number): boolean {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
  } catch {
    return false;
  }
}
