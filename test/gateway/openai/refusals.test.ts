/** What the server itself refuses, and what goes on the line while a request waits, as the `openai` package meets it. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { MiB } from '../../../src/domain/units.ts';
import { chatShape } from '../../../src/gateway/ollama/text-shapes.ts';
import { ChatAnswer } from '../../../src/gateway/openai/chat-answer.ts';
import { StreamForm, WholeForm } from '../../../src/gateway/openai/text-forms.ts';
import type { AnswerForm } from '../../../src/gateway/shared/answer-with-job.ts';
import { refused } from '../../../src/gateway/shared/problem.ts';
import { eventually } from '../../support/eventually.ts';
import { thinModel } from '../../virtual-ollama/bench.ts';
import { collected, gatewayWorld } from '../support/world.ts';
import { answering } from './support/answering.ts';

const KEY = 'a-key-of-sixteen+';
const asked = { model: 'plain', messages: [{ role: 'user' as const, content: 'Hi.' }] };
const catalog = [thinModel('plain', 100)];

function clientOf(url: string, apiKey = 'any'): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

test('without keys any key is taken; with them only those', async () => {
  const keys = [{ name: 'ci', key: KEY, admin: false, maxPriority: 'NORMAL' as const }];
  const headers = { authorization: `Bearer ${KEY}` };
  await using t = await gatewayWorld({ ollama: { catalog }, config: { keys } }, headers);
  const answer = await clientOf(t.url, KEY).chat.completions.create({ ...asked, max_tokens: 2 });
  expect(answer.usage?.completion_tokens).toBe(2);
  const refusal = clientOf(t.url, 'another').chat.completions.create(asked);
  await expect(refusal).rejects.toMatchObject({ status: 401, type: 'api_error', code: 'unauthorized' });
});

/** The answer to a body of which only the length has been sent. */
async function announced(url: string, bytes: number) {
  const asking = request(url, { method: 'POST', headers: { 'content-length': bytes } });
  asking.on('error', () => {});
  asking.flushHeaders();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const told = JSON.parse(await text(answer));
  asking.destroy();
  return { status: answer.statusCode, told };
}

test('a body that is too large and a queue that is full are told, and when to come back', async () => {
  await using t = await gatewayWorld({
    ollama: { catalog, tokensPerSecond: 2 },
    config: { queueLimit: 1 },
    backend: { parallel: 1 },
  });
  expect(await announced(`${t.url}/v1/embeddings`, 200 * MiB)).toMatchObject({
    status: 413,
    told: { error: { code: 'body_too_large', param: null } },
  });
  const client = clientOf(t.url);
  const leave = new AbortController();
  const long = (stream: boolean) =>
    client.chat.completions.create({ ...asked, max_tokens: 10_000, stream }, { signal: leave.signal });
  const running = (await long(true)) as AsyncIterable<unknown>;
  await running[Symbol.asyncIterator]().next();
  const waiting = long(false).catch((error: Error) => error.constructor.name);
  await eventually(t.jobs, (jobs) => jobs.length === 2);
  const error = await long(false).catch((reason: InstanceType<typeof OpenAI.APIError>) => reason);
  expect(error).toMatchObject({ status: 503, type: 'api_error', code: 'queue_full' });
  const { headers } = error as InstanceType<typeof OpenAI.APIError>;
  expect(Number(headers?.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(headers?.get('x-should-retry')).toBeNull();
  leave.abort();
  expect(await waiting).toBe('APIUserAbortError');
});

test('a request that is sent again is told the same, also as a stream', async () => {
  await using t = await gatewayWorld({ ollama: { catalog } });
  const client = clientOf(t.url);
  const again = { headers: { 'X-Idempotency-Key': 'once' } };
  const first = await client.chat.completions.create({ ...asked, max_tokens: 5 }, again);
  const second = await client.chat.completions.create({ ...asked, max_tokens: 5 }, again);
  expect(second.choices).toEqual(first.choices);
  expect(second.usage).toEqual(first.usage);
  const chunks = await collected(
    await client.chat.completions.create({ ...asked, max_tokens: 5, stream: true }, again),
  );
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
    first.choices[0]?.message.content,
  );
  expect(await t.jobs()).toHaveLength(1);
});

/** A server that answers every request by a form alone. */
async function answeringChats(act: (form: AnswerForm & { end(last: JsonObject): void }) => void) {
  const server = await answering((exchange) => {
    const answer = new ChatAnswer({ id: 'chatcmpl-1', model: 'm', includeUsage: false, clock: systemClock });
    const Form = exchange.request.headers['x-form'] === 'stream' ? StreamForm : WholeForm;
    act(new Form(exchange, answer, chatShape('m', systemClock)));
  });
  const { url } = server;
  const [stream, whole] = ['stream', 'whole'].map(
    (form) => new OpenAI({ baseURL: url, apiKey: 'any', maxRetries: 0, defaultHeaders: { 'x-form': form } }),
  ) as [OpenAI, OpenAI];
  return {
    ...server,
    stream: async () => collected(await stream.chat.completions.create({ ...asked, stream: true })),
    whole: () => whole.chat.completions.create(asked),
    text: async (form: string) => (await fetch(url, { headers: { 'x-form': form } })).text(),
  };
}

const LAST = { done: true, done_reason: 'stop', message: { role: 'assistant', content: 'a' } };

test('while a request waits there is a comment in a stream, and a space before an object', async () => {
  await using t = await answeringChats((form) => {
    form.waiting();
    form.waiting();
    form.end(LAST);
  });
  expect(await t.text('stream')).toMatch(/^: waiting\n\n: waiting\n\ndata: \{/);
  expect(await t.text('whole')).toMatch(/^ {2}\{"id"/);
  expect((await t.stream()).map(({ choices }) => choices[0]?.delta.content)).toEqual(['a', undefined]);
  expect((await t.whole()).choices[0]?.message.content).toBe('a');
});

test('what goes wrong after a sign of waiting is told in the answer', async () => {
  await using t = await answeringChats((form) => {
    form.waiting();
    form.fail(refused(404, 'MODEL_NOT_FOUND', 'It is gone.'));
  });
  await expect(t.stream()).rejects.toMatchObject({ message: 'It is gone.', code: 'model_not_found' });
  const error = { message: 'It is gone.', type: 'not_found_error', param: null, code: 'model_not_found' };
  expect(await t.whole()).toMatchObject({ error });
});

test('no body makes the server fail', async () => {
  await using t = await gatewayWorld({ ollama: { catalog, speed: 1_000 } });
  const names = fc.constantFrom(
    ...[
      'model',
      'messages',
      'prompt',
      'input',
      'stream',
      'stop',
      'tools',
      'response_format',
      'stream_options',
    ],
    ...[
      'role',
      'content',
      'type',
      'text',
      'image_url',
      'function',
      'name',
      'arguments',
      'tool_calls',
      'logprobs',
    ],
    ...['instructions', 'format', 'schema', 'parameters', 'effort', 'call_id', 'output', 'truncation'],
    ...['options', 'keep_alive', 'think', 'num_ctx', 'reasoning', 'encoding_format', 'dimensions'],
  );
  const leaf = fc.oneof(
    fc.constantFrom('plain', 'user', 'text', 'json_schema', 'message', 'function_call', 'namespace', ''),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 6 }),
    ),
  }));
  const body = fc.oneof(
    value.map((any) => JSON.stringify(any)),
    fc
      .dictionary(names, value, { maxKeys: 8 })
      .map((any) => JSON.stringify({ ...any, max_tokens: 1, max_output_tokens: 1 })),
    fc.string(),
  );
  const path = fc.constantFrom('chat/completions', 'completions', 'embeddings', 'responses');
  await fc.assert(
    fc.asyncProperty(path, body, async (where, sent) => {
      const answer = await fetch(`${t.url}/v1/${where}`, { method: 'POST', body: sent });
      const told = await answer.text();
      expect(told).not.toContain('INTERNAL_ERROR');
      expect(told).not.toContain('internal_error');
      if (answer.status >= 400) expect(JSON.parse(told)).toMatchObject({ error: { param: null } });
    }),
    { numRuns: 150 },
  );
});
