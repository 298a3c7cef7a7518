/** ModelManager's REST, as a program of its first server calls it: submit, ask again and again, and read the result. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CATALOG } from '../../src/virtual-ollama/core/default-catalog.ts';
import { eventually } from '../support/eventually.ts';
import { thinModel } from '../virtual-ollama/bench.ts';
import { gatewayWorld } from './support/world.ts';

const MODEL = 'smollm:360m';
const EMBEDDER = 'all-minilm';
const PNG = Buffer.from('\x89PNG\r\n\x1a\n0000', 'latin1').toString('base64');

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is its own affair.
type Answer = any;

async function world(options: Parameters<typeof gatewayWorld>[0] = {}, key?: string) {
  const auth = (own = key): Record<string, string> => (own ? { authorization: `Bearer ${own}` } : {});
  const world = await gatewayWorld(options, auth());
  const call = async (path: string, init: RequestInit = {}, own = key) => {
    const response = await fetch(`${world.url}${path}`, {
      ...init,
      headers: { ...auth(own), ...init.headers },
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
  };
  const submit = (body: unknown, headers: Record<string, string> = {}, own = key) =>
    call('/api/submit', { method: 'POST', body: JSON.stringify(body), headers }, own);
  const ended = async (id: string) =>
    (
      await eventually(
        () => call(`/api/job/${id}`),
        ({ body }) => ['complete', 'failed'].includes(body.status),
      )
    ).body;
  return { ...world, call, submit, ended };
}

describe('a job of ModelManager', () => {
  test('is submitted, and its result is asked for by its id', async () => {
    await using t = await world();
    const { status, body } = await t.submit({
      model: MODEL,
      prompt: 'Why is the sky blue?',
      priority: 'high',
      metadata: { line: 7, nested: { deep: [true] } },
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: { job_id: expect.stringMatching(/^job_/), status: 'submitted' },
    });
    const job = await t.ended(body.job_id);
    expect(job).toEqual({
      job_id: body.job_id,
      status: 'complete',
      model: MODEL,
      result: expect.stringMatching(/\w/),
      submitted_at: expect.stringMatching(/^\d{4}-.*Z$/),
      completed_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const { jobs } = await t.app.query('{ jobs(first: 5) { nodes { id kind priority metadata } } }');
    expect(jobs.nodes).toEqual([
      {
        id: body.job_id,
        kind: 'GENERATE',
        priority: 'HIGH',
        metadata: { line: 7, nested: { deep: [true] } },
      },
    ]);
  });

  test('has images, or is an embedding, as its model is', async () => {
    const seer = thinModel('seer', 50, { capabilities: ['completion', 'vision'] });
    await using t = await world({ ollama: { catalog: [...DEFAULT_CATALOG, seer] } });
    const seen = await t.submit({ model: 'seer', prompt: 'What is this?', images: [PNG] });
    expect((await t.ended(seen.body.job_id)).status).toBe('complete');
    const embedded = await t.submit({ model: EMBEDDER, prompt: 'A text.', images: null, priority: null });
    const { result } = await t.ended(embedded.body.job_id);
    expect(result).toHaveLength(384);
    expect(result.every((number: unknown) => typeof number === 'number')).toBe(true);
  });

  test('says where it is, and why it failed; a cancelled one has failed', async () => {
    await using t = await world({ ollama: { tokensPerSecond: 0.5 } });
    const running = await t.submit({ model: MODEL, prompt: 'Tell me everything.' });
    await eventually(
      () => t.call(`/api/job/${running.body.job_id}`),
      ({ body }) => body.status === 'running',
    );
    const more = await Promise.all([1, 2].map(() => t.submit({ model: MODEL, prompt: 'And more.' })));
    const waiting = more[1]?.body.job_id;
    expect(['pending', 'queued']).toContain((await t.call(`/api/job/${waiting}`)).body.status);
    const stats = await t.call('/api/stats');
    expect(stats.body).toEqual({
      running: true,
      queue: {
        total_jobs: 3,
        by_status: {
          pending: expect.any(Number),
          queued: expect.any(Number),
          running: expect.any(Number),
          complete: 0,
          failed: 0,
        },
      },
      resources: {
        vram: { total: 24 * 1024 ** 3, used: expect.any(Number), free: expect.any(Number) },
        loaded_models: [MODEL],
      },
    });
    await t.app.query(`mutation { cancelJob(input: { id: "${waiting}" }) { __typename } }`);
    expect((await t.call(`/api/job/${waiting}`)).body).toEqual({
      job_id: waiting,
      status: 'failed',
      model: MODEL,
      error: 'The job was cancelled.',
      submitted_at: expect.any(String),
      completed_at: expect.any(String),
    });
    expect((await t.call('/api/stats')).body.queue.by_status.failed).toBe(1);
  });

  test('belongs to the client whose key submitted it', async () => {
    const [ann, bob, root] = ['key-of-ann-0123456789', 'key-of-bob-0123456789', 'key-of-root-0123456789'];
    const keys = [
      { name: 'ann', key: ann, admin: false, maxPriority: 'NORMAL' as const },
      { name: 'bob', key: bob, admin: false, maxPriority: 'HIGH' as const },
      { name: 'root', key: root, admin: true, maxPriority: 'HIGH' as const },
    ];
    await using t = await world({ config: { keys } }, root);
    const { body } = await t.submit({ model: MODEL, prompt: 'Hi.' }, {}, ann);
    const status = async (key: string) => (await t.call(`/api/job/${body.job_id}`, {}, key)).status;
    expect([await status(ann), await status(bob), await status(root)]).toEqual([200, 404, 200]);
    expect((await t.submit({ model: MODEL, prompt: 'Hi.', priority: 'high' }, {}, ann)).body).toEqual({
      error: 'priority: ann may use at most NORMAL.',
    });
    const refused = await t.call('/api/stats', {}, 'nobody-knows-this-key');
    expect(refused).toMatchObject({ status: 401, body: { error: expect.stringContaining('API key') } });
  });

  test('is submitted once by one idempotency key', async () => {
    await using t = await world();
    const headers = { 'idempotency-key': 'one' };
    const [first, second] = [
      await t.submit({ model: MODEL, prompt: 'Hi.' }, headers),
      await t.submit({ model: MODEL, prompt: 'Hi.' }, headers),
    ];
    expect(second.body).toEqual(first.body);
    expect((await t.submit({ model: MODEL, prompt: 'Other.' }, headers)).status).toBe(409);
  });
});

describe('what is wrong', () => {
  test('is told by the names of the caller, with a status', async () => {
    await using t = await world();
    const wrong: readonly (readonly [unknown, number, RegExp])[] = [
      [{ model: MODEL }, 400, /^prompt: must be text\.$/],
      [{ model: MODEL, prompt: ' ' }, 400, /^prompt: must not be empty\.$/],
      [{ model: EMBEDDER, prompt: 'Hi.', images: [PNG] }, 400, /^images: .* takes no images/],
      [{ model: MODEL, prompt: 'Hi.', images: ['?'] }, 400, /^images\.0: is not base64/],
      [{ model: MODEL, prompt: 'Hi.', images: [PNG] }, 400, /^images/],
      [{ model: MODEL, prompt: 'Hi.', priority: 'urgent' }, 400, /^priority: must be low, normal or high\.$/],
      [{ model: MODEL, prompt: 'Hi.', metadata: [1] }, 400, /^metadata: must be an object\.$/],
      [{ model: 'nothere', prompt: 'Hi.' }, 404, /nothere/],
      [[], 400, /./],
    ];
    for (const [body, status, error] of wrong)
      expect(await t.submit(body)).toMatchObject({ status, body: { error: expect.stringMatching(error) } });
    const noJson = await t.call('/api/submit', { method: 'POST', body: '{"model":' });
    expect(noJson).toMatchObject({ status: 400, body: { error: expect.stringContaining('must be JSON') } });
    for (const id of ['job_nothere', 'nonsense', '%00'])
      expect(await t.call(`/api/job/${id}`)).toMatchObject({
        status: 404,
        body: { error: expect.stringContaining('There is no job') },
      });
    expect((await fetch(`${t.url}/api/submit`)).status).toBe(405);
    expect(await t.jobs()).toEqual([]);
  });

  test('is never a failure of the server', async () => {
    await using t = await world();
    const field = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.array(fc.string()),
      fc.jsonValue(),
    );
    const body = fc.record(
      {
        model: fc.oneof(fc.constant(MODEL), field),
        prompt: field,
        priority: field,
        images: field,
        metadata: field,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, fc.jsonValue()), async (sent) => {
        const { status } = await t.submit(sent);
        expect([200, 400, 404]).toContain(status);
      }),
      { numRuns: 100 },
    );
  });

  test('a full queue says when to come again', async () => {
    await using t = await world({ config: { queueLimit: 1 }, ollama: { tokensPerSecond: 0.5 } });
    const answers = [];
    for (let count = 0; count < 6; count += 1) answers.push(await t.submit({ model: MODEL, prompt: 'Hi.' }));
    const refused = answers.find(({ status }) => status === 503);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(refused?.body.error).toMatch(/queue|busy/i);
  });
});

test('health says what is wrong, and answers while no job can run', async () => {
  await using t = await world();
  expect((await t.call('/api/health')).body).toEqual({ status: 'healthy', problems: [] });
  await t.app.query('mutation { pauseScheduler { __typename } }');
  expect(await t.call('/api/health')).toMatchObject({
    status: 200,
    body: { status: 'stalled', problems: [{ code: 'SCHEDULER_PAUSED' }] },
  });
  expect((await t.call('/api/stats')).body.running).toBe(false);
});
