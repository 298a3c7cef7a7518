/** The OpenAPI document against a well-kept validator, the server's own answers, and the decoders of its requests. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TestApp } from '../app/test-app.ts';
import { thinModel } from '../virtual-ollama/bench.ts';
import { type GatewayWorld, gatewayWorld } from './support/world.ts';

const MODEL = 'able:7b';
const EMBEDDER = 'vectors';
const { facts } = thinModel('x', 1);
const catalog = [
  {
    ...thinModel(MODEL, 100),
    capabilities: ['completion', 'tools', 'thinking', 'vision', 'insert'] as const,
  },
  { ...thinModel(EMBEDDER, 50), facts: { ...facts, architecture: 'bert', poolingType: 1 } },
];

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at from many sides.
type Document = any;

let world: GatewayWorld;
let document: Document;
beforeAll(async () => {
  world = await gatewayWorld({ ollama: { catalog } });
  document = await (await fetch(`${world.url}/api/openapi.json`)).json();
});
afterAll(() => world[Symbol.asyncDispose]());

const MESSAGES = [{ role: 'user', content: 'Use weather.' }];
const TOOL = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

function ask(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${world.url}${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

test('is a valid document of OpenAPI 3.1', async () => {
  expect(document.openapi).toBe('3.1.0');
  const { valid, errors } = await new Validator().validate(document);
  expect([valid, errors]).toEqual([true, undefined]);
});

test('names only what the server answers', async () => {
  for (const [path, operations] of Object.entries<Document>(document.paths))
    for (const method of Object.keys(operations)) {
      const verb = method.toUpperCase();
      const there = path.replace(/\{\w+\}/g, 'x');
      // A body that is no JSON: nothing happens but that a route is found.
      const answer = await fetch(`${world.url}${there}`, {
        method: verb,
        ...(verb === 'POST' && { body: 'x' }),
      });
      expect([verb, path, answer.status]).not.toEqual([verb, path, 405]);
      if (verb !== 'HEAD')
        expect([verb, path, await answer.text()]).not.toEqual([verb, path, '404 page not found']);
    }
});

test('is there without a key where keys are needed, and nothing else beside it', async () => {
  await using app = await TestApp.start({
    config: { keys: [{ name: 'boss', key: 'a-key-for-administrators', admin: true, maxPriority: 'HIGH' }] },
  });
  expect((await fetch(`${app.app.url}/api/openapi.json`)).status).toBe(200);
  expect((await fetch(`${app.app.url}/api/openapi.json?x=1`)).status).toBe(200);
  for (const path of ['/api/tags', '/api/stats', '/api/openapi.json/', '/v1/models'])
    expect([path, (await fetch(`${app.app.url}${path}`)).status]).toEqual([path, 401]);
  expect((await fetch(`${app.app.url}/api/openapi.json`, { method: 'POST', body: 'x' })).status).toBe(401);
});

describe('what is answered', () => {
  const chat = { model: MODEL, messages: MESSAGES, tools: [TOOL] };
  test.each([
    ['POST', '/api/chat', '/api/chat', { ...chat, stream: false, think: true }],
    ['POST', '/api/generate', '/api/generate', { model: MODEL, prompt: 'x', stream: false }],
    ['POST', '/api/generate', '/api/generate', { model: MODEL, stream: false }],
    ['POST', '/api/embed', '/api/embed', { model: EMBEDDER, input: ['a', 'b'] }],
    ['POST', '/api/embeddings', '/api/embeddings', { model: EMBEDDER, prompt: 'a' }],
    ['POST', '/api/show', '/api/show', { model: MODEL }],
    ['GET', '/api/tags', '/api/tags', undefined],
    ['GET', '/api/ps', '/api/ps', undefined],
    ['GET', '/api/version', '/api/version', undefined],
    ['GET', '/api/status', '/api/status', undefined],
    ['GET', '/api/stats', '/api/stats', undefined],
    ['GET', '/api/health', '/api/health', undefined],
    ['POST', '/v1/chat/completions', '/v1/chat/completions', chat],
    ['POST', '/v1/chat/completions', '/v1/chat/completions', { model: MODEL, messages: MESSAGES }],
    ['POST', '/v1/completions', '/v1/completions', { model: MODEL, prompt: 'x' }],
    ['POST', '/v1/responses', '/v1/responses', { model: MODEL, input: 'Hello.' }],
    ['POST', '/v1/embeddings', '/v1/embeddings', { model: EMBEDDER, input: 'x' }],
    ['POST', '/v1/embeddings', '/v1/embeddings', { model: EMBEDDER, input: 'x', encoding_format: 'base64' }],
    ['GET', '/v1/models', '/v1/models', undefined],
    ['GET', '/v1/models/{model}', `/v1/models/${MODEL}`, undefined],
    ['GET', '/v1/batches', '/v1/batches', undefined],
    ['GET', '/v1/files', '/v1/files', undefined],
    ['POST', '/v1/messages', '/v1/messages', { model: MODEL, messages: MESSAGES, max_tokens: 50 }],
    ['POST', '/v1/messages/count_tokens', '/v1/messages/count_tokens', { model: MODEL, messages: MESSAGES }],
    [
      'POST',
      '/v1/messages/batches',
      '/v1/messages/batches',
      { requests: [{ custom_id: 'a', params: { model: MODEL, messages: MESSAGES, max_tokens: 1 } }] },
    ],
    ['GET', '/v1/messages/batches', '/v1/messages/batches', undefined],
  ])('to %s %s is of the form of the document', async (method, path, at, body) => {
    const answer = await ask(method, at, body);
    expect(answer.status).toBe(200);
    matches(await answer.json(), method, path);
  });

  test('to a submission and to who asks for it, done or refused', async () => {
    const submitted = await (await ask('POST', '/api/submit', { model: MODEL, prompt: 'x' })).json();
    matches(submitted, 'POST', '/api/submit');
    const { job_id: id } = submitted as { job_id: string };
    matches(await (await ask('GET', `/api/job/${id}`)).json(), 'GET', '/api/job/{id}');
    await world.app.ended(id);
    const done = await (await ask('GET', `/api/job/${id}`)).json();
    expect(done).toMatchObject({ status: 'complete' });
    matches(done, 'GET', '/api/job/{id}');
    const refused = await ask('POST', '/api/submit', { model: 5 });
    expect(refused.status).toBe(400);
    matches(await refused.json(), 'POST', '/api/submit', 400);
  });
});

function matches(answer: unknown, method: string, path: string, status = 200): void {
  const { responses } = document.paths[path][method.toLowerCase()];
  const schema = z.fromJSONSchema(responses[status].content['application/json'].schema);
  expect(schema.safeParse(answer).error).toBeUndefined();
}

/** One value of each type. */
const VALUES: Readonly<Record<string, unknown>> = {
  string: 'x',
  boolean: true,
  integer: 5,
  number: 1.5,
  array: [],
  object: {},
};
const isOf = (type: string, wanted: string) => type === wanted || (type === 'integer' && wanted === 'number');
/** Fields beyond an API are ignored where they are of another type, as its own server ignores them. */
const LENIENT: ReadonlySet<string> = new Set([
  'num_ctx',
  'keep_alive',
  'options',
  'truncate',
  'think',
  'max_completion_tokens',
  'models',
]);

test.each([
  '/api/generate',
  '/api/chat',
  '/api/embed',
  '/api/show',
  '/api/pull',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/responses',
  '/v1/embeddings',
  '/v1/messages',
])('the fields of %s take the types that are said, and no others', async (path) => {
  const { properties } = document.paths[path].post.requestBody.content['application/json'].schema;
  const wrong: string[] = [];
  for (const [name, { type }] of Object.entries<{ type?: string | string[] }>(properties)) {
    if (typeof type !== 'string' || (path.startsWith('/v1') && LENIENT.has(name))) continue;
    for (const [given, value] of Object.entries(VALUES)) {
      // A model that is not there: what is taken goes no further.
      const answer = await ask('POST', path, { model: 'not there', [name]: value });
      const isRefused = (await answer.text()).includes('cannot unmarshal');
      if (isRefused === isOf(given, type))
        wrong.push(`${name}: ${given} is ${isRefused ? 'refused' : 'taken'}`);
    }
  }
  expect(wrong).toEqual([]);
});
