/** For whom programs ask, what pages may read, and how who may not ask is told. */
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { TestApp } from '../app/test-app.ts';
import { gatewayWorld } from './support/world.ts';

const MODEL = 'smollm:360m';
const KEY = 'key-of-webui-0123456789';

type World = Awaited<ReturnType<typeof gatewayWorld>>;

function chat({ url }: World, headers: Record<string, string>) {
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'Hi.' }], stream: false });
  return fetch(`${url}/api/chat`, { method: 'POST', body, headers });
}

async function labelled({ app }: World) {
  const { jobs } = await app.query('{ jobs(first: 5) { nodes { client labels { key value } } } }');
  return jobs.nodes;
}

describe('a program that asks for its users', () => {
  test.each([
    [{ 'x-openwebui-user-id': 'u-1' }, 'webui/u-1', []],
    [{ 'x-claude-code-session-id': 's1' }, 'webui', [{ key: 'session', value: 's1' }]],
    [{ 'session-id': 's2' }, 'webui', [{ key: 'session', value: 's2' }]],
    [{ 'x-session-id': 's3', 'x-openwebui-user-id': 'u-2' }, 'webui/u-2', [{ key: 'session', value: 's3' }]],
  ])('is believed where it is trusted: %o', async (headers, client, labels) => {
    await using t = await gatewayWorld({ config: { trustClientHeaders: true } });
    expect((await chat(t, { 'x-client': 'webui', ...headers })).status).toBe(200);
    expect(await labelled(t)).toEqual([{ client, labels }]);
  });

  test('is not believed elsewhere, and told what no name can be', async () => {
    await using t = await gatewayWorld();
    const headers = { 'x-client': 'webui', 'x-openwebui-user-id': 'u-1', 'x-session-id': 's1' };
    expect((await chat(t, headers)).status).toBe(200);
    expect(await labelled(t)).toEqual([{ client: 'webui', labels: [] }]);
    await using trusting = await gatewayWorld({ config: { trustClientHeaders: true } });
    const refused = await chat(trusting, { 'x-openwebui-user-id': 'x'.repeat(65) });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ error: expect.stringContaining('x-openwebui-user-id') });
  });

  test('is set in the settings', async () => {
    const around = { cwd: '/', home: '/' };
    const config = await loadConfig({}, { ...around, env: { OLLAMA_ORIGINS: 'http://a.example, app://b*' } });
    expect(config).toMatchObject({
      trustClientHeaders: false,
      ollamaOrigins: ['http://a.example', 'app://b*'],
    });
  });
});

test('a page that may use Ollama by OLLAMA_ORIGINS may use its API here, send our headers, and read them', async () => {
  await using t = await gatewayWorld({ config: { ollamaOrigins: ['http://a.example'] } });
  const origin = 'http://a.example';
  const asked = await fetch(`${t.url}/api/chat`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type, x-priority',
    },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-headers')?.toLowerCase().split(',')).toEqual(
    expect.arrayContaining(['content-type', 'x-priority']),
  );
  const answer = await chat(t, { origin });
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  const readable = answer.headers.get('access-control-expose-headers')?.split(', ');
  for (const name of [
    'x-job-id',
    'x-queue-position',
    'x-queue-wait-ms',
    'x-options-dropped',
    'x-prompt-truncated',
  ])
    expect(readable).toContain(name);
  expect((await chat(t, { origin: 'http://b.example' })).status).toBe(403);
  const graphql = await fetch(`${t.url}/graphql`, { method: 'POST', headers: { origin }, body: '{}' });
  expect(graphql.status).toBe(403);
});

test('without its key a program is told so in the shape of its API', async () => {
  const keys = [{ name: 'webui', key: KEY, admin: false, maxPriority: 'HIGH' as const }];
  await using app = await TestApp.start({ config: { keys } });
  const refusal = async (path: string) => {
    const response = await fetch(`${app.app.url}${path}`, { method: 'POST', body: '{}' });
    return { status: response.status, body: await response.json() };
  };
  const message = expect.stringContaining('API key');
  for (const path of ['/api/chat', '/api/submit'])
    expect(await refusal(path)).toEqual({ status: 401, body: { error: message } });
  expect(await refusal('/v1/chat/completions')).toMatchObject({ status: 401, body: { error: { message } } });
  expect(await refusal('/v1/messages')).toMatchObject({
    status: 401,
    body: { type: 'error', error: { type: 'authentication_error', message } },
  });
});
