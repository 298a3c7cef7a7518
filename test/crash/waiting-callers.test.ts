/** Programs that wait for an answer of a drop-in API while the server is stopped, or killed, and started again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { thinModel } from '../virtual-ollama/bench.ts';
import { ServerProcess } from './server-process.ts';

const MODEL = 'plain';
const MESSAGES = [{ role: 'user', content: 'Why is the sky blue?' }];
const PATHS = ['/api/chat', '/v1/chat/completions', '/v1/messages'] as const;
const ASKED = PATHS.flatMap((path) => [true, false].map((stream) => ({ path, stream })));
const WAITING = ASKED.length;

interface SeenJob {
  readonly id: string;
  readonly status: string;
  readonly attempts: readonly unknown[];
  readonly failure: unknown;
}

interface Told {
  readonly status: number;
  readonly text: string;
}

/** What a caller is told; null where its connection breaks. */
async function ask(
  server: ServerProcess,
  path: string,
  more: { readonly stream?: boolean; readonly tokens?: number; readonly headers?: Record<string, string> },
): Promise<Told | null> {
  const tokens = more.tokens ?? 5_000;
  const bound = path === '/api/chat' ? { options: { num_predict: tokens } } : { max_tokens: tokens };
  try {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'x-client': 'tester', ...more.headers },
      body: JSON.stringify({ model: MODEL, messages: MESSAGES, stream: more.stream ?? false, ...bound }),
    });
    return { status: answer.status, text: await answer.text() };
  } catch {
    return null;
  }
}

async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-waiting-'));
  const ollama = await runVirtualOllama({
    gpus: [{ totalBytes: 6 * GiB }],
    numParallel: 1,
    catalog: [thinModel(MODEL, 50)],
    tokensPerSecond: 4,
  });
  const backend = `{ name: ollama, type: ollama, url: '${ollama.url}', parallel: 1 }`;
  const jobsOf = async (server: ServerProcess): Promise<readonly SeenJob[]> =>
    (
      await server.query(
        '{ jobs(first: 50) { nodes { id status attempts { number } failure { code message } } } }',
      )
    ).jobs.nodes;
  return {
    ollama,
    jobsOf,
    start: () => ServerProcess.start(folder, backend),
    async [Symbol.asyncDispose]() {
      await ollama.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe.each(['stopped', 'killed'] as const)('a server that is %s while programs wait', (way) => {
  test('tells them so or breaks off, and runs their jobs no more', async () => {
    await using t = await world();
    const first = await t.start();
    const speaking = ask(first, '/api/chat', { stream: true });
    await eventually(
      () => t.jobsOf(first),
      ([job]) => job?.status === 'RUNNING',
    );
    const waiting = ASKED.map(({ path, stream }) => ask(first, path, { stream }));
    await eventually(
      () => t.jobsOf(first),
      (jobs) => jobs.length === 1 + WAITING,
    );
    if (way === 'stopped') expect(await first.stop()).toBe(0);
    else await first.kill();

    const told = await Promise.all(waiting);
    if (way === 'killed') expect(told).toEqual(ASKED.map(() => null));
    else
      for (const [at, one] of told.entries())
        expect([ASKED[at], one]).toEqual([
          ASKED[at],
          { status: 503, text: expect.stringContaining('The server is stopping') },
        ]);
    // The one that was spoken to is told in its stream.
    const heard = await speaking;
    if (way === 'stopped')
      expect(heard?.text).toMatch(/\n\{"error":"The server stopped while it ran\."\}\n$/);
    else expect(heard).toBeNull();

    const second = await t.start();
    const jobs = await t.jobsOf(second);
    const ran = jobs.filter(({ attempts }) => attempts.length > 0);
    expect(ran).toEqual([
      way === 'stopped'
        ? expect.objectContaining({
            status: 'FAILED',
            failure: expect.objectContaining({ code: 'INTERRUPTED' }),
          })
        : expect.objectContaining({ status: 'CANCELLED' }),
    ]);
    const others = jobs.filter(({ attempts }) => attempts.length === 0);
    expect(others.map(({ status }) => status)).toEqual(ASKED.map(() => 'CANCELLED'));
    // Nothing of them runs before what comes now, which is answered at once.
    for (const path of PATHS) expect(await ask(second, path, { tokens: 1 })).toMatchObject({ status: 200 });
    expect((await t.jobsOf(second)).slice(PATHS.length)).toEqual(jobs);
    expect(await second.stop()).toBe(0);
  });

  test('answers who comes back with the same key by the same job, once', async () => {
    await using t = await world();
    const first = await t.start();
    const headers = (path: string) => ({ 'x-idempotency-key': `of ${path}`, 'x-stainless-timeout': '500' });
    const again = (path: string) => ({ ...headers(path), 'x-stainless-timeout': '400' });
    const done = await ask(first, '/api/chat', { tokens: 1, headers: headers('done') });
    const speaking = ask(first, '/api/chat', { stream: true });
    await eventually(
      () => t.jobsOf(first),
      ([job]) => job?.status === 'RUNNING',
    );
    const waiting: Promise<unknown>[] = [];
    for (const path of PATHS) {
      waiting.push(ask(first, path, { tokens: 2, headers: headers(path) }));
      await eventually(
        () => t.jobsOf(first),
        (jobs) => jobs.length === 2 + waiting.length,
      );
    }
    const before = await t.jobsOf(first);
    if (way === 'stopped') expect(await first.stop()).toBe(0);
    else await first.kill();
    await Promise.all([...waiting, speaking]);

    const second = await t.start();
    const told = await ask(second, '/api/chat', { tokens: 1, headers: again('done') });
    expect([told?.status, withoutTimes(told)]).toEqual([200, withoutTimes(done)]);
    for (const path of PATHS)
      expect(await ask(second, path, { tokens: 2, headers: again(path) })).toMatchObject({ status: 200 });
    const after = await t.jobsOf(second);
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(after.slice(0, PATHS.length).map(({ status }) => status)).toEqual(PATHS.map(() => 'COMPLETE'));
    expect(await second.stop()).toBe(0);
  });
});

function withoutTimes(told: Told | null): unknown {
  const { created_at: _, ...rest } = JSON.parse(told?.text ?? 'null');
  return rest;
}
