/** Jobs that name several models: a local one first, a provider when it would be too late or is gone. Through the whole program. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { runVirtualOpenAi } from '../../src/virtual-openai/index.ts';
import { KEY, named, provider } from '../backend/provider/support/provider-world.ts';
import { eventually } from '../support/eventually.ts';
import { AppClient, attached, startApp, testConfig } from './test-app.ts';

const LOCAL = 'smollm:360m';
const PAID = 'cheap';
const request = { generate: { prompt: 'x', options: { maxTokens: 20 } } };
const JOB = `query ($id: ID!) { job(id: $id) { status modelName backend { name } failure { message }
  fallback { asked models after } decisions { kind modelName explanation } attempts { backendName failure { code } } } }`;

/** A slow Ollama with one slot, and a provider beside it. */
class Both extends AppClient implements AsyncDisposable {
  readonly #undo: AsyncDisposableStack;
  readonly ollama: Awaited<ReturnType<typeof runVirtualOllama>>;
  readonly company: Awaited<ReturnType<typeof runVirtualOpenAi>>;
  readonly #restart: () => Promise<AppClient & AsyncDisposable>;

  constructor(
    app: Awaited<ReturnType<typeof startApp>>,
    parts: Pick<Both, 'ollama' | 'company'>,
    undo: AsyncDisposableStack,
    restart: () => Promise<AppClient & AsyncDisposable>,
  ) {
    super(app);
    this.ollama = parts.ollama;
    this.company = parts.company;
    this.#undo = undo;
    this.#restart = restart;
  }

  static async start(): Promise<Both> {
    const undo = new AsyncDisposableStack();
    const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-fallback-'));
    undo.defer(() => rm(dataDir, { recursive: true, force: true }));
    const ollama = await runVirtualOllama({
      gpus: [{ totalBytes: 24 * GiB }],
      numParallel: 1,
      speed: 1,
      tokensPerSecond: 40,
      loadBaseMs: 10,
    });
    undo.defer(() => ollama.stop());
    const company = await runVirtualOpenAi({ flavour: 'company', models: [{ id: 'gpt' }], key: KEY });
    undo.defer(() => company.stop());
    const models = { [PAID]: named({ model: 'gpt' }) };
    const config = testConfig(dataDir, [
      attached(ollama.url, { parallel: 1 }),
      provider(company.url, { models }),
    ]);
    const start = async () => {
      const app = await startApp(config);
      return new Both(app, { ollama, company }, undo, start);
    };
    return start();
  }

  /** The same, after a stop of the server in between. */
  async restarted(): Promise<Both> {
    await this.app.stop({ graceMs: 0 });
    return (await this.#restart()) as Both;
  }

  /** What a local job takes is known, and so many wait for it. */
  async busy(count: number): Promise<readonly string[]> {
    await this.ended(await this.generate(LOCAL, { request }));
    const ids = [];
    for (let i = 0; i < count; i += 1) ids.push(await this.generate(LOCAL, { request }));
    return ids;
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
  async whole(id: string): Promise<any> {
    return (await this.query(JOB, { id })).job;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop({ graceMs: 0 });
    await this.#undo.disposeAsync();
  }
}

const fallback = (after?: number) => ({
  request,
  fallback: { models: [PAID], ...(after !== undefined && { after }) },
});

test('a job goes where it need not wait longer than it would: when it comes, and again when its forecast gets worse', async () => {
  await using world = await Both.start();
  await world.busy(8);
  // It would wait for ever, as nothing is gone.
  const patient = await world.generate(LOCAL, fallback());
  const soon = await world.generate(LOCAL, fallback(1_000));
  expect(await world.ended(soon)).toMatchObject({ status: 'COMPLETE', modelName: PAID });
  const done = await world.whole(soon);
  expect(done).toMatchObject({
    backend: { name: 'company' },
    fallback: { asked: [LOCAL, PAID], models: [LOCAL, PAID], after: 1_000 },
  });
  const told = done.decisions.find(({ kind }: { readonly kind: string }) => kind === 'FALLBACK');
  expect(told).toMatchObject({ modelName: PAID });
  expect(told.explanation).toMatch(
    /^cheap does the job in place of smollm:360m, which should start .* after it came; it would wait 1\.0 s\.$/,
  );
  expect(await world.whole(patient)).toMatchObject({ status: 'PENDING', modelName: LOCAL });

  // It is content with the line as it is, until others are put before it.
  const content = await world.generate(LOCAL, fallback(12_000));
  expect(await world.whole(content)).toMatchObject({ modelName: LOCAL });
  for (let i = 0; i < 20; i += 1) await world.generate(LOCAL, { request, priority: 'HIGH' });
  await world.jobWhen(content, ({ modelName }) => modelName === PAID);
  expect(await world.ended(content)).toMatchObject({ status: 'COMPLETE' });
  expect((await world.whole(content)).decisions).toContainEqual(
    expect.objectContaining({ kind: 'FALLBACK', modelName: PAID }),
  );
});

test('a model that is gone gives way, for those that come and for those that wait, also over a restart', async () => {
  await using world = await Both.start();
  const last = (await world.busy(40)).at(-1);
  const waiting = await world.generate(LOCAL, fallback());
  const without = last ?? '';
  const again = await world.restarted();
  await using _ = { [Symbol.asyncDispose]: () => again.app.stop({ graceMs: 0 }) };
  expect(await again.whole(waiting)).toMatchObject({ status: 'PENDING', modelName: LOCAL });
  await world.ollama.stop();
  await again.jobWhen(waiting, ({ modelName }) => modelName === PAID);
  expect(await again.ended(waiting)).toMatchObject({ status: 'COMPLETE', modelName: PAID });
  const told = (await again.whole(waiting)).decisions;
  expect(told).toContainEqual(
    expect.objectContaining({
      kind: 'FALLBACK',
      explanation: expect.stringMatching(/which no backend can run now/),
    }),
  );
  expect(await again.ended(await again.generate(LOCAL, fallback()))).toMatchObject({ modelName: PAID });
  expect(await again.whole(without)).toMatchObject({ status: 'PENDING', modelName: LOCAL, fallback: null });
});

test('what one model cannot do another does: a request that is refused, a model that is not there', async () => {
  await using world = await Both.start();
  world.company.faults.add({ kind: 'status', status: 400, path: '/chat/completions' });
  const refused = await world.generate(PAID, { request, fallback: { models: [LOCAL] } });
  expect(await world.ended(refused)).toMatchObject({ status: 'COMPLETE', modelName: LOCAL });
  expect((await world.whole(refused)).attempts[0]).toMatchObject({
    backendName: 'company',
    failure: { code: 'REQUEST_REJECTED' },
  });
  const missing = await world.generate('nobody:has', { request, fallback: { models: ['nor:that', PAID] } });
  expect(await world.ended(missing)).toMatchObject({ status: 'COMPLETE', modelName: PAID });
  expect(await world.whole(missing)).toMatchObject({
    fallback: { asked: ['nobody:has', 'nor:that', PAID], models: [PAID] },
  });
  const nothing = await world.submit({ model: 'nobody:has', request, fallback: { models: ['nor:that'] } });
  expect(nothing).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  // The same key means the same job, whichever model is chosen by then.
  const key = { idempotencyKey: 'once', ...fallback(0) };
  const first = await world.submit({ model: LOCAL, ...key });
  const second = await world.submit({ model: LOCAL, ...key });
  expect(second).toMatchObject({ deduplicated: true, job: { id: first.job.id } });
  const tooMany = await world.submit({ model: LOCAL, request, fallback: { models: Array(9).fill(PAID) } });
  expect(tooMany.issues).toMatchObject([{ path: ['fallback', 'models'] }]);
});

test('callers of drop-in APIs name models in the body or in headers, and hear nothing twice', async () => {
  await using world = await Both.start();
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(new URL(path, world.app.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      id: response.headers.get('x-job-id'),
      body: (await response.json()) as object,
    };
  };
  const messages = [{ role: 'user', content: 'Hello' }];
  const listed = await post('/v1/chat/completions', { models: ['nobody:has', PAID], messages });
  expect(listed).toMatchObject({ status: 200, body: { choices: [{ finish_reason: 'length' }] } });
  expect(await world.whole(listed.id ?? '')).toMatchObject({ modelName: PAID });
  await world.busy(8);
  const headers = { 'x-fallback-models': `nobody:has, ${PAID}`, 'x-fallback-after': '1' };
  for (const [path, body] of [
    ['/v1/chat/completions', { model: LOCAL, messages }],
    ['/api/chat', { model: LOCAL, messages, stream: false }],
    ['/v1/messages', { model: LOCAL, messages, max_tokens: 5 }],
  ] as const) {
    const { status, id } = await post(path, body, headers);
    expect([path, status]).toEqual([path, 200]);
    expect(await world.whole(id ?? '')).toMatchObject({
      modelName: PAID,
      fallback: { asked: [LOCAL, 'nobody:has', PAID], models: [LOCAL, PAID], after: 1_000 },
    });
  }
  const wrong = await post(
    '/v1/chat/completions',
    { model: LOCAL, messages },
    { ...headers, 'x-fallback-after': 'soon' },
  );
  expect(wrong.status).toBe(400);
  await eventually(
    async () => world.company.requests.filter(({ body }) => body?.model).length,
    (count) => count === 4,
  );
});
