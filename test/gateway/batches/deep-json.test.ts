/** Batches take JSON as deep as their single requests do, and tell a request that is deeper in its own line. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningVirtualOllama, runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { type Tapped, tapped } from '../../cli/support/tapped.ts';
import { eventually } from '../../support/eventually.ts';
import { thinModel } from '../../virtual-ollama/bench.ts';
import { type GatewayWorld, gatewayWorld } from '../support/world.ts';

const MODEL = 'tooled';
const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

let ollama: RunningVirtualOllama;
let tap: Tapped;
let world: GatewayWorld;
beforeAll(async () => {
  const catalog = [{ ...thinModel(MODEL, 100), capabilities: ['completion', 'tools'] as const }];
  ollama = await runVirtualOllama({ speed: 200, catalog });
  tap = await tapped(ollama.url);
  world = await gatewayWorld({ backend: { url: tap.url } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await tap[Symbol.asyncDispose]();
  await ollama.stop();
});

const WORDS = `"model":"${MODEL}","messages":[{"role":"user","content":"Hi."}]`;
const SCHEMA = (deep: string) => `{"type":"object","properties":{"p":{"items":${deep}}}}`;

/** The endpoint of OpenAI's batches, and the body of a line. */
const BODIES: Readonly<Record<string, (deep: string) => string>> = {
  '/v1/chat/completions': (deep) =>
    `{${WORDS},"max_tokens":2,"tools":[{"type":"function","function":{"name":"f","parameters":${SCHEMA(deep)}}}]}`,
  '/v1/responses': (deep) =>
    `{"model":"${MODEL}","input":"Hi.","max_output_tokens":2,"tools":[{"type":"function","name":"f","parameters":${SCHEMA(deep)}}]}`,
};
const DEEP = { a: objects(200), b: objects(3_000), c: '{"$deepJson":"[1]"}' };
const TOO_DEEP = objects(10_001);

const get = (path: string) => fetch(`${world.url}${path}`);
async function post(path: string, body: string | FormData, headers: Record<string, string> = {}) {
  const response = await fetch(`${world.url}${path}`, { method: 'POST', body, headers });
  return [response.status, await response.json()];
}
// biome-ignore lint/suspicious/noExplicitAny: batches of two APIs.
const batchWhen = (path: string, isDone: (batch: any) => boolean): Promise<any> =>
  eventually(async () => (await get(path)).json(), isDone);
const linesOf = async (path: string) =>
  (await (await get(path)).text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

function expectSent() {
  for (const deep of Object.values(DEEP)) expect(tap.sent().includes(`"items":${deep}`)).toBe(true);
}

describe.each(Object.keys(BODIES))("in OpenAI's batches of %s", (url) => {
  async function ran(requests: Readonly<Record<string, string>>) {
    const lines = Object.entries(requests).map(
      ([id, deep]) => `{"custom_id":"${id}","method":"POST","url":"${url}","body":${BODIES[url]?.(deep)}}`,
    );
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([lines.join('\n')]), 'requests.jsonl');
    const [, file] = await post('/v1/files', form);
    const asked = JSON.stringify({ input_file_id: file.id, endpoint: url, completion_window: '24h' });
    const [, { id }] = await post('/v1/batches', asked, { 'content-type': 'application/json' });
    const isEnd = ({ status }: { status: string }) => ['completed', 'failed', 'expired'].includes(status);
    return batchWhen(`/v1/batches/${id}`, isEnd);
  }

  it('it is passed on, and comes back where the answer says it again', async () => {
    const batch = await ran(DEEP);
    expect([batch.status, batch.errors ?? null, batch.request_counts]).toEqual([
      'completed',
      null,
      { total: 3, completed: 3, failed: 0 },
    ]);
    expectSent();
    const text = await (await get(`/v1/files/${batch.output_file_id}/content`)).text();
    if (url !== '/v1/responses') return;
    for (const deep of Object.values(DEEP)) expect(text.includes(`"items":${deep}`)).toBe(true);
  });

  it('what is deeper than Go takes fails the batch by its line', async () => {
    const { status, errors } = await ran({ ...DEEP, tooDeep: TOO_DEEP });
    expect([status, errors.data]).toEqual([
      'failed',
      [expect.objectContaining({ line: 4, message: expect.stringContaining('exceeded max depth') })],
    ]);
  });
});

it("in Anthropic's batches it is passed on, and what is deeper than Go takes ends its own request", async () => {
  const requests = Object.entries({ ...DEEP, tooDeep: TOO_DEEP }).map(
    ([id, deep]) =>
      `{"custom_id":"${id}","params":{${WORDS},"max_tokens":2,"tools":[{"name":"f","input_schema":${SCHEMA(deep)}}]}}`,
  );
  const [status, made] = await post('/v1/messages/batches', `{"requests":[${requests.join()}]}`);
  expect([status, made.error ?? null]).toEqual([200, null]);
  const isEnd = ({ processing_status }: { processing_status: string }) => processing_status === 'ended';
  const batch = await batchWhen(`/v1/messages/batches/${made.id}`, isEnd);
  expect(batch.request_counts).toMatchObject({ succeeded: 3, errored: 1 });
  expectSent();
  const results = await linesOf(`/v1/messages/batches/${made.id}/results`);
  expect(results.find((each) => each.custom_id === 'tooDeep').result).toMatchObject({
    type: 'errored',
    error: { error: { type: 'invalid_request_error', message: expect.stringContaining('max depth') } },
  });
});
