/** Jobs on a company's models by OpenAI's API, through the whole program. */
import { expect, test } from 'vitest';
import { runVirtualOpenAi } from '../../../src/virtual-openai/index.ts';
import { eventually } from '../../support/eventually.ts';
import { SettableClock } from '../../support/settable-clock.ts';
import { KEY, named, PRICE, ProviderWorld, provider } from './support/provider-world.ts';

const MODELS = [
  { id: 'gpt-chat' },
  { id: 'gpt-thinks', otherLimit: true },
  { id: 'text-embedding-small', kind: 'embed' as const },
];
const OFFERED = {
  cheap: named({ model: 'gpt-chat' }),
  clever: named({ model: 'gpt-thinks', price: null }),
  vectors: named({ model: 'text-embedding-small', price: { ...PRICE, prompt: 1 } }),
};

const chat = (content: string, more: object = {}) => ({
  chat: { messages: [{ role: 'USER', content }], ...more },
});

/** A company's server, ended with the test. */
async function company(options: Parameters<typeof runVirtualOpenAi>[0] = {}) {
  const server = await runVirtualOpenAi({ flavour: 'company', models: MODELS, key: KEY, ...options });
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.stop() });
}

test('jobs of every kind go there by the names of the settings, and what they cost is counted everywhere', async () => {
  await using server = await company({ root: '/v1beta/openai' });
  await using world = await ProviderWorld.start([
    provider(`${server.url}/v1beta/openai/`, { models: OFFERED }),
  ]);
  const options = {
    maxTokens: 5,
    seed: 1,
    // Names of engines that people run themselves: a company refuses what it does not know.
    extra: { top_k: 3, repeat_penalty: 1.1, min_p: 0.1, num_keep: 4, top_p: 0.5, stop: ['END'] },
  };
  const conversation = [
    { role: 'USER', content: 'Weather?' },
    {
      role: 'ASSISTANT',
      content: '',
      thinking: 'Hm.',
      toolCalls: [{ function: { name: 'w', arguments: {} } }],
    },
    { role: 'TOOL', content: 'rain', toolName: 'w' },
  ];
  const ids = [];
  for (const input of [
    { model: 'cheap', request: chat('Why?', { options, think: 'HIGH' }) },
    { model: 'clever', request: chat('Why?', { options }) },
    { model: 'cheap', request: { chat: { messages: conversation } } },
    { model: 'vectors', request: { embed: { input: ['one', 'two'] } } },
  ])
    ids.push((await world.submit(input)).job.id);
  const [first, unpriced, withTool, vectors] = await Promise.all(ids.map((id) => world.used(id)));
  for (const job of [first, unpriced, withTool, vectors])
    expect(job).toMatchObject({ status: 'COMPLETE', failure: null });
  expect(first.backend.name).toBe('company');
  const { usage } = first.result;
  expect(usage).toMatchObject({ completionTokens: 5, cachedPromptTokens: 2 });
  expect(usage.cost).toBeCloseTo(((usage.promptTokens - 2) * 3 + 2 * 0.5 + 5 * 15) / 1e6, 12);
  expect(unpriced.result.usage.cost).toBeNull();
  expect(vectors.result.usage.cost).toBeCloseTo(vectors.result.usage.promptTokens / 1e6, 12);

  const sent = server.requests.find(({ body }) => body?.model === 'gpt-chat')?.body;
  expect(sent).toMatchObject({ max_tokens: 5, top_p: 0.5, stop: ['END'], reasoning_effort: 'high' });
  const clever = server.requests.filter(({ body }) => body?.model === 'gpt-thinks').at(-1)?.body;
  expect(clever).toMatchObject({ max_completion_tokens: 5 });
  expect(clever).not.toHaveProperty('max_tokens');

  const total = [first, withTool, vectors].reduce((sum, { result }) => sum + result.usage.cost, 0);
  const { clients, stats } = await world.query('{ clients { cost } stats { ever { cost } } }');
  expect(clients[0].cost).toBeCloseTo(total, 12);
  expect(stats.ever.cost).toBeCloseTo(total, 6);
  const metrics = await (await fetch(`${world.url}/metrics`)).text();
  expect(Number(/^vramkeeper_cost_total (\S+)$/m.exec(metrics)?.[1])).toBeCloseTo(total, 12);
});

test('takes no memory, and nothing of what cannot be done there is offered', async () => {
  await using server = await company();
  await using world = await ProviderWorld.start([provider(server.url)]);
  // Without models in the settings it is all that it lists.
  await world.ended((await world.submit({ model: 'gpt-chat', request: chat('Hi') })).job.id);
  const { backends, models } = await world.query(
    `{ models(first: 10) { nodes { name capabilities } }
       backends { capabilities { canLoad canPull canDelete canCopy } instances { modelName status vramBytes } } }`,
  );
  expect(backends[0].capabilities).toEqual({
    canLoad: false,
    canPull: false,
    canDelete: false,
    canCopy: false,
  });
  expect(backends[0].instances).toContainEqual({ modelName: 'gpt-chat', status: 'READY', vramBytes: 0 });
  const embedding = models.nodes.find(
    ({ name }: { readonly name: string }) => name === 'text-embedding-small',
  );
  expect(embedding.capabilities).toEqual(['EMBEDDING']);
  for (const mutation of ['unloadModel', 'pullModel']) {
    const answer = await world.query(
      `mutation { ${mutation}(input: { model: "gpt-chat" }) { __typename ... on UserError { message } } }`,
    );
    expect(answer[mutation].__typename).toMatch(/Error$/);
  }
  // Nobody pays for being read every tenth of a second, and nothing is run to see what it can do.
  expect(server.requests.filter(({ path }) => path === '/v1/models')).toHaveLength(1);
  expect(server.requests.every(({ path }) => path === '/v1/models' || path === '/v1/chat/completions')).toBe(
    true,
  );
  expect(server.requests[0]?.headers).not.toHaveProperty('x-vramkeeper-server');
});

test('no more is sent at once than the settings say, of all models together', async () => {
  await using server = await company({ slots: 9, tokensPerSecond: 300 });
  await using world = await ProviderWorld.start([
    provider(server.url, {
      concurrency: 2,
      models: { one: named({ model: 'gpt-chat' }), two: named({ model: 'gpt-chat' }), ...OFFERED },
    }),
  ]);
  const ids = [];
  for (let i = 0; i < 9; i += 1) ids.push(await world.generate(['one', 'two', 'cheap'][i % 3] ?? ''));
  for (const id of ids) expect((await world.ended(id)).status).toBe('COMPLETE');
  expect(server.mostAtOnce).toBe(2);
});

test('while it wants to be left alone nothing is sent, by whichever model', async () => {
  await using server = await company();
  const clock = new SettableClock();
  await using world = await ProviderWorld.start([provider(server.url, { models: OFFERED })], {}, clock);
  const sent = () => server.requests.filter(({ body }) => body?.model).length;
  server.faults.add({ kind: 'status', status: 429, retryAfter: '20', path: '/chat/completions' });
  const refused = await world.generate('cheap');
  await world.jobWhen(refused, ({ attempts }) => attempts[0]?.failure);
  const other = await world.generate('clever');
  await world.jobWhen(other, ({ status }) => status === 'RUNNING');
  expect(sent()).toBe(1);
  clock.pass(10_000);
  expect(sent()).toBe(1);
  clock.pass(11_000);
  for (const id of [refused, other]) expect(await world.ended(id)).toMatchObject({ status: 'COMPLETE' });
});

test.each([
  ['a key that it does not know', 401, 'Incorrect API key provided: %key.', /wants a key, or another one/],
  ['a key that may not do this', 403, 'Not for %key', /wants a key, or another one/],
  ['a key that is none to Google', 400, 'API key not valid: %key', /wants a key, or another one/],
  ['an account that is empty', 402, 'Insufficient balance', /no credit left/],
  ['a quota that is used up', 429, 'insufficient_quota for %key', /no credit left/],
])('%s makes it unhealthy, in words that do not hold the key', async (_name, status, says, told) => {
  await using server = await company();
  await using world = await ProviderWorld.start([provider(server.url, { models: OFFERED })]);
  const error = { message: says.replace('%key', KEY) };
  server.faults.add({ kind: 'status', status, body: { error }, path: '/chat/completions', times: 99 });
  const id = await world.generate('cheap');
  const { problem } = await eventually(
    async () => (await world.query('{ health { backends { problem } } }')).health.backends[0],
    (backend) => backend.problem !== null,
  );
  expect(problem).toMatch(told);
  const everything = JSON.stringify([
    problem,
    await world.query(
      `query ($id: ID!) { job(id: $id) { status waiting { explanation } attempts { failure { message } } } health { status } }`,
      { id },
    ),
  ]);
  expect(everything).not.toContain(KEY);
});

test('a key that is quoted in a refusal of the request is told to nobody', async () => {
  await using server = await company();
  await using world = await ProviderWorld.start([provider(server.url, { models: OFFERED })]);
  const body = { error: { message: `Header "authorization: Bearer ${KEY}" is strange`, param: KEY } };
  server.faults.add({ kind: 'status', status: 400, body, path: '/chat/completions', times: 2 });
  const failed = await world.ended(await world.generate('cheap'));
  expect(failed).toMatchObject({ status: 'FAILED', failure: { code: 'REQUEST_REJECTED' } });
  const messages = [{ role: 'user', content: 'Hello' }];
  const answer = await world.post('/v1/chat/completions', { model: 'cheap', messages });
  expect(answer.status).toBe(400);
  for (const told of [failed.failure.message, await answer.text()]) {
    expect(told).toContain('is strange');
    expect(told).not.toContain(KEY);
  }
});

test('an answer that is stopped in the middle is not paid to its end', async () => {
  await using server = await company({ tokensPerSecond: 20 });
  await using world = await ProviderWorld.start([provider(server.url, { models: OFFERED })]);
  const { job } = await world.submit({
    model: 'cheap',
    request: chat('Go on', { options: { maxTokens: 4_000 } }),
  });
  await eventually(
    async () =>
      (await world.query('query ($id: ID!) { job(id: $id) { status } }', { id: job.id })).job.status,
    (status) => status === 'RUNNING',
  );
  await world.query('mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }', { id: job.id });
  expect(await world.ended(job.id)).toMatchObject({ status: 'CANCELLED' });
  // Its turn is free again.
  expect(await world.ended(await world.generate('cheap'))).toMatchObject({ status: 'COMPLETE' });
});
