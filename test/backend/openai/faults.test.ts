/** What may go wrong on a server of OpenAI's API, and what becomes of the job. */
import { describe, expect, test } from 'vitest';
import { runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { type Fault, runVirtualOpenAi } from '../../../src/virtual-openai/index.ts';
import { attached } from '../../app/test-app.ts';
import { eventually } from '../../support/eventually.ts';
import { SettableClock } from '../../support/settable-clock.ts';
import { OpenAiWorld } from './openai-world.ts';

const CHAT = 'virtual/chat-8b';
const path = '/v1/chat/completions';

describe('an answer that fails once is asked for again', () => {
  test.each<[string, Fault]>([
    ['too many requests', { kind: 'status', status: 429, retryAfter: '0', path }],
    ['not ready', { kind: 'status', status: 503, path }],
    ['an error of its own', { kind: 'status', status: 500, path }],
    ['a proxy without a server', { kind: 'status', status: 502, path }],
    ['a connection that breaks', { kind: 'reset', afterBytes: 700, path }],
    ['an answer that ends too soon', { kind: 'truncate', afterBytes: 700, path }],
    ['nonsense', { kind: 'garbage', path }],
    ['an answer that stops coming', { kind: 'stall', afterBytes: 700, path }],
    ['an engine that gave up', { kind: 'finish', reason: 'abort', path }],
    [
      'a full queue that is told in the stream',
      { kind: 'event', error: { code: 503, message: 'full' }, path },
    ],
  ])('after %s', async (_, fault) => {
    await using world = await OpenAiWorld.start({ config: { patience: { silenceMs: 300 } } });
    world.server.faults.add(fault);
    const job = await world.ended(await world.generate(CHAT));
    expect(job).toMatchObject({
      status: 'COMPLETE',
      result: { text: expect.stringMatching(/^The virtual server/) },
    });
  });
});

test('an answer that is complete is taken, whatever becomes of its connection', async () => {
  await using world = await OpenAiWorld.start({ config: { patience: { silenceMs: 600_000 } } });
  world.server.faults.add({ kind: 'linger', path });
  expect(await world.ended(await world.generate(CHAT))).toMatchObject({ status: 'COMPLETE' });
  const asked = world.server.requests.filter((one) => one.path === path && one.body?.model);
  expect(asked).toHaveLength(1);
});

describe('a request that the server refuses fails, with its words for the owner', () => {
  test.each<[string, Fault, string, RegExp]>([
    [
      'a bad request',
      { kind: 'status', status: 400, path, body: { error: { message: 'no such option: frobnicate' } } },
      'REQUEST_REJECTED',
      /no such option: frobnicate/,
    ],
    [
      'one in the form of FastAPI',
      { kind: 'status', status: 422, path, body: { detail: 'field required' } },
      'REQUEST_REJECTED',
      /field required/,
    ],
    [
      'a route that is not there',
      { kind: 'status', status: 501, path, body: { error: 'not here' } },
      'REQUEST_REJECTED',
      /has no \/v1\/chat\/completions/,
    ],
  ])('%s', async (_, fault, code, words) => {
    await using world = await OpenAiWorld.start();
    world.server.faults.add(fault);
    const job = await world.ended(await world.generate(CHAT));
    expect(job).toMatchObject({ status: 'FAILED', failure: { code, message: expect.stringMatching(words) } });
  });
});

test('a server that goes away and comes back is waited for', async () => {
  await using world = await OpenAiWorld.start();
  await world.ended(await world.generate(CHAT));
  const { port } = new URL(world.server.url);
  await world.server.stop();
  const id = await world.generate(CHAT);
  await eventually(
    () => world.query('{ backends { health problem } }'),
    ({ backends }) => backends[0].health === 'UNREACHABLE',
  );
  const again = await runVirtualOpenAi({ port: Number(port) });
  try {
    expect(await world.ended(id)).toMatchObject({ status: 'COMPLETE' });
  } finally {
    await again.stop();
  }
});

test('its key is sent, and shown to nobody; without it the health says what to do', async () => {
  const key = 'sk-canary-0123456789';
  await using world = await OpenAiWorld.start({
    server: { key },
    backend: { headers: { authorization: `Bearer ${key}` } },
  });
  expect(await world.ended(await world.generate(CHAT))).toMatchObject({ status: 'COMPLETE' });
  const told = JSON.stringify(
    await world.query('{ backends { name url problem version } health { problems { message } } }'),
  );
  expect(told).not.toContain(key);

  await using keyless = await OpenAiWorld.start({ server: { key } });
  const { backends } = await eventually(
    () => keyless.query('{ backends { health problem } }'),
    ({ backends: [rig] }) => rig.problem !== null,
  );
  expect(backends[0].problem).toMatch(/wants a key, or another one \(status 401\): set apiKey or headers/);
});

test('a cancelled job ends its request at the server', async () => {
  await using world = await OpenAiWorld.start({ server: { tokensPerSecond: 5, slots: 1 } });
  const { job } = await world.submit({
    model: CHAT,
    request: { generate: { prompt: 'Tell me everything', options: { maxTokens: 500 } } },
  });
  await world.jobWhen(job.id, ({ status }) => status === 'RUNNING');
  await eventually(
    async () => world.server.requests,
    (all) => all.some((one) => one.body?.model === CHAT),
  );
  await world.query(`mutation { cancelJob(input: { id: "${job.id}" }) { __typename } }`);
  expect(await world.ended(job.id)).toMatchObject({ status: 'CANCELLED' });
  // Its one slot is free again, or this would wait for a hundred seconds.
  expect(await world.ended(await world.generate(CHAT))).toMatchObject({ status: 'COMPLETE' });
});

test('one queue serves an Ollama and such a server, each with its own models', async () => {
  const ollama = await runVirtualOllama({ speed: 20, numParallel: 2 });
  try {
    await using world = await OpenAiWorld.start({ others: [attached(ollama.url)] });
    const ids = [];
    for (const model of [CHAT, 'qwen2.5:0.5b', CHAT, 'tinyllama:1.1b']) ids.push(await world.generate(model));
    for (const id of ids) expect(await world.ended(id)).toMatchObject({ status: 'COMPLETE' });
    const { models } = await world.query('{ models(first: 100) { nodes { name backends { name } } } }');
    const names = models.nodes.map(({ name }: { readonly name: string }) => name);
    expect(names).toEqual(expect.arrayContaining([CHAT, 'qwen2.5:0.5b']));
  } finally {
    await ollama.stop();
  }
});

test.each([401, 403])(
  'a key that only jobs are refused for (%d) is told by the health, and tried again later',
  async (status) => {
    const clock = new SettableClock();
    await using world = await OpenAiWorld.start({ clock });
    world.server.faults.add({ kind: 'status', status, path });
    const id = await world.generate(CHAT);
    const health = async () =>
      (await world.query('{ health { backends { health problem } } }')).health.backends[0];
    const { problem } = await eventually(health, (told) => told.health === 'UNREACHABLE');
    expect(problem).toMatch(/wants a key, or another one/);
    // In steps, as the server closes connections that are idle for long.
    for (let passed = 0; passed < 63_000; passed += 9_000) {
      if (passed < 30_000) expect(await world.job(id)).toMatchObject({ status: 'PENDING' });
      else await world.job(id);
      clock.pass(9_000);
    }
    expect(await world.ended(id)).toMatchObject({ status: 'COMPLETE' });
    expect(await eventually(health, (told) => told.problem === null)).toMatchObject({ health: 'HEALTHY' });
  },
);
