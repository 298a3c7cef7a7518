import { createClient } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MiB } from '../../src/domain/units.ts';
import { DEFAULT_CATALOG } from '../../src/virtual-ollama/core/default-catalog.ts';
import { eventually } from '../support/eventually.ts';
import { TestApp } from './test-app.ts';

const MODEL = 'smollm:360m';
/** Of about 230 MiB: two seconds at 50 MiB/s and twice the speed. */
const SLOW = { ollama: { pullBytesPerSecond: 50 * MiB, speed: 2 } };

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
type Data = any;

const ANSWER = '__typename ... on UserError { code message }';

async function pull(t: TestApp, model: string): Promise<Data> {
  const text = `mutation ($input: PullModelInput!) { pullModel(input: $input) { ${ANSWER} ... on PullModelPayload { pull { id status } } } }`;
  return (await t.query(text, { input: { model } })).pullModel;
}

async function remove(t: TestApp, model: string): Promise<Data> {
  const text = `mutation ($input: DeleteModelInput!) { deleteModel(input: $input) { ${ANSWER} } }`;
  return (await t.query(text, { input: { model } })).deleteModel;
}

const FOLLOW =
  'subscription ($id: ID!) { pullUpdated(id: $id) { status step completedBytes totalBytes error } }';

async function followEvents(t: TestApp, id: string, seen: Data[] = []): Promise<readonly Data[]> {
  const { body } = await fetch(t.app.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: FOLLOW, variables: { id } }),
  });
  let text = '';
  for await (const bytes of body ?? []) {
    const [rest = '', ...events] = (text + new TextDecoder().decode(bytes)).split('\n\n').reverse();
    text = rest;
    for (const event of events.reverse()) {
      const [, data] = /^data: (\{.*)$/m.exec(event) ?? [];
      if (data !== undefined) seen.push(JSON.parse(data).data.pullUpdated);
    }
  }
  return seen;
}

/** A subscriber over a socket of its own, up to the end of the stream. */
async function follow(t: TestApp, id: string, seen: Data[] = []): Promise<readonly Data[]> {
  const client = createClient({
    url: t.app.graphqlUrl.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  for await (const { data, errors } of client.iterate<Data>({ query: FOLLOW, variables: { id } })) {
    if (errors) throw new AggregateError(errors);
    seen.push(data.pullUpdated);
  }
  await client.dispose();
  return seen;
}

async function known(t: TestApp, model: string): Promise<boolean> {
  return (
    (await t.query('query ($name: String!) { model(name: $name) { name } }', { name: model })).model !== null
  );
}

/** The models are read once a backend was found. */
async function started(options: Parameters<typeof TestApp.start>[0] = {}): Promise<TestApp> {
  const t = await TestApp.start(options);
  await eventually(() => known(t, MODEL));
  return t;
}

const loaded = (t: TestApp) => t.ollama.core.scheduler.runners().map(({ model }) => model.name.model);

describe('models come and go through the whole server', () => {
  it('a pulled model runs jobs as soon as its pull is said to have succeeded', async () => {
    await using t = await started();
    expect((await remove(t, MODEL)).__typename).toBe('DeleteModelPayload');
    expect(await known(t, MODEL)).toBe(false);
    const waiting = await t.submit({ model: MODEL, request: { generate: { prompt: 'x' } } });
    expect(waiting.code).toBe('MODEL_NOT_FOUND');
    const { pull: begun } = await pull(t, MODEL);
    const seen = await follow(t, begun.id);
    expect(seen.at(-1)).toMatchObject({ status: 'SUCCEEDED', step: 'success', error: null });
    expect((await t.ended(await t.generate(MODEL))).status).toBe('COMPLETE');
  });

  it('subscribers see the same download rise, together, and not back', async () => {
    await using t = await started(SLOW);
    await remove(t, MODEL);
    const { pull: begun } = await pull(t, MODEL);
    const again = await pull(t, ` ${MODEL.toUpperCase()}`);
    expect(again.pull.id).toBe(begun.id);
    const streams = await Promise.all([follow(t, begun.id), follow(t, begun.id)]);
    for (const seen of streams) {
      const bytes = seen.map(({ completedBytes }: Data) => completedBytes);
      expect(bytes).toEqual(bytes.toSorted((a: number, b: number) => a - b));
      expect(bytes.length).toBeGreaterThan(3);
      expect(seen.at(-1)).toMatchObject({ status: 'SUCCEEDED', completedBytes: seen.at(-1).totalBytes });
    }
  });

  it('a pull that breaks off says why, and the next goes on from there', async () => {
    await using t = await started();
    await remove(t, MODEL);
    t.ollama.core.faults.set({ failMidPull: 1 });
    const failed = (await follow(t, (await pull(t, MODEL)).pull.id)).at(-1);
    expect(failed).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('max retries exceeded'),
    });
    expect(failed.completedBytes).toBeGreaterThan(0);
    expect(await known(t, MODEL)).toBe(false);
    const seen = await follow(t, (await pull(t, MODEL)).pull.id);
    expect(seen.find(({ totalBytes }: Data) => totalBytes !== null).completedBytes).toBeGreaterThanOrEqual(
      failed.completedBytes,
    );
    expect(seen.at(-1).status).toBe('SUCCEEDED');
  });

  it('a registry that cannot be reached is told as such', async () => {
    await using t = await started();
    const { pull: begun } = await pull(t, 'registry.invalid/x/y:1');
    expect((await follow(t, begun.id)).at(-1)).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('no such host'),
    });
  });

  it('a deletion lets running jobs finish, loads nothing meanwhile, and leaves nothing in memory', async () => {
    await using t = await started({ ollama: { speed: 5 } });
    const request = { generate: { prompt: 'x', options: { maxTokens: 200 } } };
    const ids = await Promise.all(
      Array.from({ length: 8 }, async () => (await t.submit({ model: MODEL, request })).job.id as string),
    );
    await Promise.race(ids.map((id) => t.jobWhen(id, ({ status }) => status === 'RUNNING')));
    expect((await remove(t, MODEL)).__typename).toBe('DeleteModelPayload');
    expect(loaded(t)).not.toContain('smollm');
    expect(await known(t, MODEL)).toBe(false);
    const jobs = await Promise.all(ids.map((id) => t.job(id)));
    const statuses = new Set(jobs.map(({ status }) => status));
    expect([...statuses].toSorted()).toEqual(['COMPLETE', 'PENDING']);
    expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
    await follow(t, (await pull(t, MODEL)).pull.id);
    for (const id of ids) expect((await t.ended(id)).status).toBe('COMPLETE');
  });

  it('a deletion that comes while the model is being loaded waits for that', async () => {
    await using t = await started({ ollama: { speed: 1, loadBaseMs: 1_500 } });
    const id = await t.generate(MODEL);
    await t.jobWhen(id, ({ status }) => status === 'QUEUED');
    expect((await remove(t, MODEL)).__typename).toBe('DeleteModelPayload');
    expect(loaded(t)).toEqual([]);
    expect((await t.job(id)).status).toMatch(/COMPLETE|PENDING/);
  });

  it('a copy can be used at once, and goes without the instance that it shares', async () => {
    await using t = await started();
    await t.ended(await t.generate(MODEL));
    const copied = await t.query(
      `mutation { copyModel(input: { source: "${MODEL}", destination: "mine" }) { ${ANSWER} ... on CopyModelPayload { model { name instances { modelName } } } } }`,
    );
    expect(copied.copyModel.model).toEqual({ name: 'mine:latest', instances: [{ modelName: MODEL }] });
    expect((await t.ended(await t.generate('mine'))).status).toBe('COMPLETE');
    expect((await remove(t, MODEL)).__typename).toBe('DeleteModelPayload');
    expect(loaded(t)).toEqual(['smollm']);
    expect((await t.ended(await t.generate('mine'))).status).toBe('COMPLETE');
    expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
    expect((await remove(t, 'mine')).__typename).toBe('DeleteModelPayload');
    expect(loaded(t)).toEqual([]);
  });

  it('a pull that brings other weights lets the old ones go while they still have a name', async () => {
    const newer = DEFAULT_CATALOG.flatMap((model) =>
      model.name === MODEL ? [{ ...model, weightsDigest: 'e'.repeat(64) }] : [],
    );
    await using t = await started({ ollama: { ...SLOW.ollama, library: newer } });
    await t.ended(await t.generate(MODEL));
    const [old] = t.ollama.core.scheduler.runners();
    const { pull: begun } = await pull(t, MODEL);
    await eventually(
      () => loaded(t),
      ({ length }) => length === 0,
    );
    const waiting = await t.generate(MODEL);
    expect((await follow(t, begun.id)).at(-1).status).toBe('SUCCEEDED');
    expect((await t.ended(waiting)).status).toBe('COMPLETE');
    const runners = t.ollama.core.scheduler.runners();
    expect(runners).toHaveLength(1);
    expect(runners[0]?.key).not.toBe(old?.key);
  });

  it('a pull of what is there already leaves what is loaded alone', async () => {
    await using t = await started();
    await t.ended(await t.generate(MODEL));
    const { pull: begun } = await pull(t, MODEL);
    expect((await follow(t, begun.id)).at(-1).status).toBe('SUCCEEDED');
    expect((await t.ended(await t.generate(MODEL))).status).toBe('COMPLETE');
    expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
  });

  it.each([
    ['a WebSocket', follow],
    ['server-sent events', followEvents],
  ])('a pull under way ends with the server, and followers by %s are told', async (_how, followBy) => {
    await using t = await started({ ollama: { pullBytesPerSecond: MiB, speed: 1 } });
    await remove(t, MODEL);
    const { pull: begun } = await pull(t, MODEL);
    // The connection itself ends right after.
    const seen: Data[] = [];
    const followed = followBy(t, begun.id, seen).catch(() => {});
    await eventually(() => seen.at(-1)?.totalBytes > 0);
    await t.app.stop({ graceMs: 60_000 });
    await followed;
    expect(seen.at(-1)).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('server was stopped'),
    });
  });
});
