/** OpenAI's files and batches, by its own SDK. */
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_CATALOG } from '../../../src/virtual-ollama/core/default-catalog.ts';
import { eventually } from '../../support/eventually.ts';
import { THIN, thinModel } from '../../virtual-ollama/bench.ts';
import { type GatewayWorld, gatewayWorld } from '../support/world.ts';

const CHAT = 'llama3.2:1b';
const EMBED = 'all-minilm:latest';
const TOOLS = 'able:1b';
/** It has room for what is as long as a book's chapter. */
const WIDE = 'wide:1b';

let world: GatewayWorld;
let client: OpenAI;

beforeAll(async () => {
  const able = { ...thinModel(TOOLS, 50), capabilities: ['completion', 'tools'] as const };
  const wide = { ...able, name: WIDE, facts: { ...THIN, contextLength: 131_072 } };
  world = await gatewayWorld({ ollama: { catalog: [...DEFAULT_CATALOG, able, wide] } });
  client = clientOf('alice');
});
afterAll(() => world[Symbol.asyncDispose]());

function clientOf(name: string, priority?: string): OpenAI {
  const headers = { 'X-Client': name, ...(priority && { 'X-Priority': priority }) };
  return new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'none', maxRetries: 0, defaultHeaders: headers });
}

function chatLine(id: string, more: object = {}) {
  const body = { model: CHAT, messages: [{ role: 'user', content: `Say ${id}.` }], max_tokens: 4, ...more };
  return { custom_id: id, method: 'POST', url: '/v1/chat/completions', body };
}

function upload(lines: readonly unknown[], by = client) {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  return toFile(Buffer.from(text), 'requests.jsonl').then((file) =>
    by.files.create({ file, purpose: 'batch' }),
  );
}

async function run(
  lines: readonly unknown[],
  endpoint:
    | '/v1/chat/completions'
    | '/v1/embeddings'
    | '/v1/completions'
    | '/v1/responses' = '/v1/chat/completions',
) {
  const { id } = await upload(lines);
  return client.batches.create({ input_file_id: id, endpoint, completion_window: '24h' });
}

const ENDS = ['completed', 'failed', 'expired', 'cancelled'];

function ended(id: string, by = client) {
  return eventually(
    () => by.batches.retrieve(id),
    ({ status }) => ENDS.includes(status),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: lines of several shapes.
async function linesOf(fileId: string | null | undefined): Promise<any[]> {
  if (!fileId) return [];
  const text = await (await client.files.content(fileId)).text();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

it('A file comes back as it was, is listed and deleted', async () => {
  const bytes = Buffer.alloc(2_500_000, 'ü\n');
  const made = await client.files.create({ file: await toFile(bytes, 'größe.jsonl'), purpose: 'batch' });
  expect(made).toMatchObject({
    id: expect.stringMatching(/^file-\w+$/),
    object: 'file',
    bytes: bytes.length,
    filename: 'größe.jsonl',
    purpose: 'batch',
    status: 'processed',
  });
  expect(await client.files.retrieve(made.id)).toEqual(made);
  const back = Buffer.from(await (await client.files.content(made.id)).arrayBuffer());
  expect(back.equals(bytes)).toBe(true);
  const listed = [];
  for await (const file of client.files.list({ purpose: 'batch', limit: 1 })) listed.push(file.id);
  expect(listed).toContain(made.id);
  expect(await client.files.delete(made.id)).toEqual({ id: made.id, object: 'file', deleted: true });
  await expect(client.files.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
});

it('A file lives as long as its upload says', async () => {
  const file = await toFile(Buffer.from('{}'), 'a.jsonl');
  const made = await client.files.create({
    file,
    purpose: 'batch',
    expires_after: { anchor: 'created_at', seconds: 3_600 },
  });
  expect(made.expires_at).toBe(made.created_at + 3_600);
});

it('Chat requests are answered by their ids, with usage, at low priority, as one batch of jobs', async () => {
  const made = await run([chatLine('a'), chatLine('b'), '', chatLine('c')]);
  expect(made).toMatchObject({
    id: expect.stringMatching(/^batch_\w+$/),
    object: 'batch',
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    status: expect.stringMatching(/validating|in_progress/),
    errors: null,
  });
  const done = await ended(made.id);
  expect(done).toMatchObject({
    status: 'completed',
    request_counts: { total: 3, completed: 3, failed: 0 },
    error_file_id: null,
    completed_at: expect.any(Number),
  });
  const lines = await linesOf(done.output_file_id);
  expect(lines.map((line) => line.custom_id)).toEqual(['a', 'b', 'c']);
  for (const line of lines)
    expect(line).toMatchObject({
      id: expect.stringMatching(/^batch_req_/),
      response: {
        status_code: 200,
        request_id: expect.stringMatching(/^req_/),
        body: {
          object: 'chat.completion',
          model: CHAT,
          choices: [
            { message: { role: 'assistant', content: expect.stringMatching(/./) }, finish_reason: 'length' },
          ],
          usage: { completion_tokens: 4 },
        },
      },
      error: null,
    });
  // Read again it is the same, and as long as its object says.
  const { bytes } = await client.files.retrieve(done.output_file_id ?? '');
  const text = await (await client.files.content(done.output_file_id ?? '')).text();
  expect(Buffer.byteLength(text)).toBe(bytes);
  const jobs = await world.jobs();
  expect(jobs.slice(0, 3).map(({ priority, client: by }) => [priority, by])).toEqual(
    Array(3).fill(['LOW', 'alice']),
  );
});

it('Embeddings come as numbers or as base64, completions as text', async () => {
  const embed = (id: string, more: object) => ({
    custom_id: id,
    method: 'POST',
    url: '/v1/embeddings',
    body: { model: EMBED, input: ['one', 'two'], ...more },
  });
  const vectors = await ended(
    (await run([embed('f', {}), embed('b', { encoding_format: 'base64' })], '/v1/embeddings')).id,
  );
  const [floats, base64] = await linesOf(vectors.output_file_id);
  const numbers = floats.response.body.data[1].embedding;
  expect(numbers.length).toBeGreaterThan(10);
  const bytes = Buffer.from(base64.response.body.data[1].embedding, 'base64');
  expect(bytes.readFloatLE(4)).toBeCloseTo(numbers[1], 5);
  expect(base64.response.body).toMatchObject({
    object: 'list',
    model: EMBED,
    data: [{ index: 0 }, { index: 1 }],
  });
  const texts = await ended(
    (
      await run(
        [
          {
            custom_id: 't',
            method: 'POST',
            url: '/v1/completions',
            body: { model: CHAT, prompt: 'Why?', max_tokens: 3 },
          },
        ],
        '/v1/completions',
      )
    ).id,
  );
  const [text] = await linesOf(texts.output_file_id);
  expect(text.response.body).toMatchObject({
    object: 'text_completion',
    choices: [{ text: expect.stringMatching(/./) }],
  });
});

it('Responses say again what was asked for, and one whose model asks for a search is an error', async () => {
  const line = (id: string, body: object) => ({
    custom_id: id,
    method: 'POST',
    url: '/v1/responses',
    body: { model: TOOLS, max_output_tokens: 40, ...body },
  });
  const tool = { type: 'function', name: 'weather', description: null, strict: null, parameters: {} };
  const lines = [
    line('text', { input: 'Say it.', instructions: 'Be short.', temperature: 0.5, max_output_tokens: 3 }),
    line('call', { input: [{ role: 'user', content: 'Use weather.' }], tools: [tool] }),
    line('search', { input: 'Use web_search.', tools: [{ type: 'web_search' }] }),
  ];
  const done = await ended((await run(lines, '/v1/responses')).id);
  expect(done.request_counts).toEqual({ total: 3, completed: 3, failed: 0 });
  const answers = await linesOf(done.output_file_id);
  expect(answers.map(({ response }) => response.body)).toMatchObject([
    {
      id: expect.stringMatching(/^resp_\w+$/),
      object: 'response',
      status: 'completed',
      model: TOOLS,
      instructions: 'Be short.',
      temperature: 0.5,
      max_output_tokens: 3,
      output: [{ type: 'message', content: [{ type: 'output_text', text: expect.stringMatching(/./) }] }],
      usage: { output_tokens: 3 },
    },
    { output: [{ type: 'function_call', name: 'weather' }], tools: [tool] },
  ]);
  expect(await linesOf(done.output_file_id)).toEqual(answers);
  expect(await linesOf(done.error_file_id)).toMatchObject([
    {
      custom_id: 'search',
      response: { status_code: 403, body: { error: { code: 'web_search_unavailable' } } },
    },
  ]);
});

it('Responses say again what is larger than the metadata of a job may be', async () => {
  const long = 'a word '.repeat(12_000);
  const tool = (description: string) => ({
    type: 'function',
    name: 'weather',
    description,
    strict: null,
    parameters: {},
  });
  const schema = { type: 'object', description: long, properties: {} };
  const format = { type: 'json_schema', name: 'x', schema } as const;
  const ASKED = {
    tools: { tools: [tool('short'), tool(long)] },
    instructions: { instructions: long },
    schema: { text: { format } },
  };
  const lines = Object.entries(ASKED).map(([custom_id, more]) => ({
    custom_id,
    method: 'POST',
    url: '/v1/responses',
    body: { model: WIDE, input: 'Say it.', max_output_tokens: 2, ...more },
  }));
  const done = await ended((await run(lines, '/v1/responses')).id);
  expect(await linesOf(done.error_file_id)).toEqual([]);
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 3, failed: 0 } });
  const answers = await linesOf(done.output_file_id);
  for (const { custom_id, response } of answers)
    expect(response.body).toMatchObject(ASKED[custom_id as keyof typeof ASKED]);
});

it('One bad line fails the whole batch, and every bad line is named', async () => {
  const made = await run([
    chatLine('good'),
    '{"custom_id": "cut',
    chatLine('good'),
    { ...chatLine('method'), method: 'GET' },
    { ...chatLine('url'), url: '/v1/embeddings' },
    { ...chatLine('body'), body: 'x' },
    { ...chatLine('id'), custom_id: 7 },
    chatLine('missing', { model: 'no-such-model' }),
    chatLine('typed', { messages: 5 }),
    '[]',
  ]);
  const done = await ended(made.id);
  expect(done).toMatchObject({ status: 'failed', output_file_id: null, failed_at: expect.any(Number) });
  expect(done.errors?.data?.map(({ line, code }) => [line, code])).toEqual([
    [2, 'invalid_json_line'],
    [3, 'duplicate_custom_id'],
    [4, 'invalid_method'],
    [5, 'mismatched_url'],
    [6, 'missing_required_parameter'],
    [7, 'missing_required_parameter'],
    [8, expect.any(String)],
    [9, expect.any(String)],
    [10, 'invalid_json_line'],
  ]);
  expect(done.errors?.data?.[6]?.message).toContain('no-such-model');
  expect((await ended((await run(['', ''])).id)).errors?.data?.[0]?.code).toBe('empty_file');
});

it('What goes wrong at run time is a line of the error file', async () => {
  world.app.ollama.core.faults.set({ failOf: 'unlucky' });
  const done = await ended((await run([chatLine('lucky'), chatLine('unlucky-one'), chatLine('fine')])).id);
  world.app.ollama.core.faults.set({ failOf: '' });
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 2, failed: 1 } });
  expect((await linesOf(done.output_file_id)).map((line) => line.custom_id)).toEqual(['lucky', 'fine']);
  expect(await linesOf(done.error_file_id)).toMatchObject([
    {
      custom_id: 'unlucky-one',
      response: {
        status_code: expect.any(Number),
        body: { error: { message: expect.any(String), type: 'api_error' } },
      },
      error: null,
    },
  ]);
});

it('A prompt that the model cannot hold fails its own line, whoever finds it out', async () => {
  // Trained for 2,048 tokens: the first is seen to be too long by its text, of the second only the server can tell.
  const long = (count: number) => ({
    model: 'smollm:360m',
    messages: [{ role: 'user', content: 'word'.repeat(count) }],
  });
  const lines = [chatLine('a'), chatLine('seen', long(60_000)), chatLine('told', long(3_000)), chatLine('b')];
  const done = await ended((await run(lines)).id);
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: 4, completed: 2, failed: 2 } });
  expect((await linesOf(done.output_file_id)).map((line) => line.custom_id)).toEqual(['a', 'b']);
  const errors = await linesOf(done.error_file_id);
  expect(errors.map((line) => line.custom_id).sort()).toEqual(['seen', 'told']);
  for (const { response } of errors)
    expect(response).toMatchObject({
      status_code: 400,
      body: { error: { type: 'invalid_request_error', code: 'context_length_exceeded' } },
    });
});

it('A key makes one batch, however often it is sent', async () => {
  const { id } = await upload([chatLine('a')]);
  const create = (key: string, more: object = {}) =>
    client.batches.create(
      { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h', ...more },
      { headers: { 'X-Idempotency-Key': key } },
    );
  const first = await create('one');
  expect((await create('one')).id).toBe(first.id);
  await ended(first.id);
  expect(await create('one')).toMatchObject({ id: first.id, status: 'completed' });
  expect((await create('two')).id).not.toBe(first.id);
  await expect(create('one', { metadata: { other: 'yes' } })).rejects.toMatchObject({
    status: 409,
    code: 'idempotency_conflict',
  });
  await expect(create('k'.repeat(129))).rejects.toMatchObject({ status: 400 });
});

it('A cancelled batch keeps what was done, and tells what was not', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => chatLine(`n${i}`, { max_tokens: 64 }));
  const made = await run(lines);
  await eventually(
    () => client.batches.retrieve(made.id),
    ({ request_counts: counts }) => (counts?.completed ?? 0) > 0,
  );
  const cancelling = await client.batches.cancel(made.id);
  expect(['cancelling', 'cancelled']).toContain(cancelling.status);
  expect(cancelling.cancelling_at).toEqual(expect.any(Number));
  const done = await ended(made.id);
  expect(done.status).toBe('cancelled');
  const answers = await linesOf(done.output_file_id);
  const errors = await linesOf(done.error_file_id);
  expect(answers.length).toBe(done.request_counts?.completed);
  expect(new Set([...answers, ...errors].map((line) => line.custom_id)).size).toBe(60);
  expect(errors[0]).toMatchObject({ response: null, error: { code: 'batch_cancelled' } });
  expect((await client.batches.cancel(made.id)).status).toBe('cancelled');
  expect((await world.jobs()).every(({ status }) => !['PENDING', 'QUEUED', 'RUNNING'].includes(status))).toBe(
    true,
  );
});

it('Batches are listed newest first, page by page, with their metadata', async () => {
  const bob = clientOf('bob-lists');
  await bob.files.list();
  const { id } = await upload([chatLine('a')], bob);
  const ids: string[] = [];
  for (const n of ['1', '2', '3']) {
    const made = await bob.batches.create({
      input_file_id: id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { n },
    });
    ids.unshift(made.id);
  }
  const listed = [];
  for await (const batch of bob.batches.list({ limit: 2 })) listed.push(batch);
  expect(listed.slice(0, 3).map((batch) => batch.id)).toEqual(ids);
  expect(listed.slice(0, 3).map((batch) => batch.metadata)).toEqual([{ n: '3' }, { n: '2' }, { n: '1' }]);
  for (const batch of ids) await ended(batch, bob);
});

it('A window may be any duration; what is none is refused with words', async () => {
  const { id } = await upload([chatLine('a')]);
  const create = (window: unknown) =>
    client.batches.create({
      input_file_id: id,
      endpoint: '/v1/chat/completions',
      completion_window: window as '24h',
    });
  const made = await create('90m');
  expect((made.expires_at ?? 0) - made.created_at).toBe(5_400);
  for (const window of ['soon', '', '1s', '0h', '-1h', '99d', 24, null, undefined])
    await expect(create(window)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('24h'),
    });
  await ended(made.id);
});

it('Priorities are asked for in the header', async () => {
  const fast = clientOf('alice', 'high');
  const { id } = await upload([chatLine('urgent')], fast);
  const made = await fast.batches.create({
    input_file_id: id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  await ended(made.id);
  expect((await world.jobs())[0]?.priority).toBe('HIGH');
});

it('What is unknown is not found, and what is wrong is refused in the shape of the API', async () => {
  const { id } = await upload([chatLine('a')]);
  const good = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
  await expect(client.batches.retrieve('batch_none')).rejects.toMatchObject({ status: 404 });
  await expect(client.batches.retrieve('x')).rejects.toMatchObject({ status: 404 });
  await expect(client.batches.cancel('batch_none')).rejects.toMatchObject({ status: 404 });
  await expect(client.files.retrieve('file-none')).rejects.toMatchObject({ status: 404 });
  await expect(client.files.content('file-none')).rejects.toMatchObject({ status: 404 });
  await expect(client.files.delete('file-none')).rejects.toMatchObject({ status: 404 });
  await expect(client.batches.create({ ...good, input_file_id: 'file-none' })).rejects.toMatchObject({
    status: 404,
  });
  const refused: readonly object[] = [
    { endpoint: '/v1/moderations' },
    { endpoint: '/v1/messages' },
    { endpoint: 5 },
    { input_file_id: 5 },
    { metadata: { a: 1 } },
    { metadata: [] },
    { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, 'x'])) },
  ];
  for (const change of refused)
    await expect(client.batches.create({ ...good, ...change })).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
    });
  const file = await toFile(Buffer.from('{}'), 'a.jsonl');
  await expect(client.files.create({ file, purpose: 'fine-tune' })).rejects.toMatchObject({ status: 400 });
  for (const body of ['', '{', '[]', 'null', '"x"']) {
    const response = await fetch(`${world.url}/v1/batches`, { method: 'POST', body });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error' } },
    ]);
  }
  for (const query of ['limit=0', 'limit=x', 'limit=1000'])
    expect((await fetch(`${world.url}/v1/batches?${query}`)).status).toBe(400);
});

it('Uploads that are no form, or end early, leave nothing behind', async () => {
  const before = (await client.files.list({ purpose: 'batch' })).data.length;
  const send = (body: string, type: string) =>
    fetch(`${world.url}/v1/files`, {
      method: 'POST',
      headers: { 'content-type': type, 'X-Client': 'alice' },
      body,
    });
  const part = '--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n';
  const file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n{}\r\n';
  for (const [body, type] of [
    ['{}', 'application/json'],
    ['x', 'multipart/form-data'],
    ['x', 'multipart/form-data; boundary=x'],
    ['', 'multipart/form-data; boundary=x'],
    [`${part}--x--\r\n`, 'multipart/form-data; boundary=x'],
    [`${file}--x--\r\n`, 'multipart/form-data; boundary=x'],
    [`${part}${file.slice(0, -4)}`, 'multipart/form-data; boundary=x'],
  ] as const) {
    const response = await send(body, type);
    expect([body, response.status]).toEqual([body, 400]);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  }
  expect((await send(`${part}${file}--x--\r\n`, 'multipart/form-data; boundary=x')).status).toBe(200);
  expect((await client.files.list({ purpose: 'batch' })).data.length).toBe(before + 1);
});
