/** `/v1/responses` by the `openai` package, as programs use it, against a server over a virtual Ollama. */
import { zstdCompressSync } from 'node:zlib';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { MiB } from '../../../src/domain/units.ts';
import { eventually } from '../../support/eventually.ts';
import { thinModel } from '../../virtual-ollama/bench.ts';
import { collected, type GatewayWorld, gatewayWorld } from '../support/world.ts';

const PLAIN = 'plain';
const ABLE = 'able:7b';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const catalog = [
  { ...thinModel(PLAIN, 100), capabilities: ['completion'] as const },
  { ...thinModel(ABLE, 100), capabilities: ['completion', 'tools', 'thinking', 'vision'] as const },
];

const tool = (name: string) => ({
  type: 'function' as const,
  name,
  description: `Tells the ${name}.`,
  strict: null,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
});

const clientOf = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

let world: GatewayWorld;
let client: OpenAI;
beforeAll(async () => {
  world = await gatewayWorld({ ollama: { catalog } });
  client = clientOf(world.url);
});
afterAll(() => world[Symbol.asyncDispose]());

describe('a response', () => {
  test('is one object with the text, and a job', async () => {
    const { data, response } = await client.responses
      .create({ model: PLAIN, input: 'How is the weather?', instructions: 'Be short.', max_output_tokens: 3 })
      .withResponse();
    expect(data).toMatchObject({
      object: 'response',
      status: 'completed',
      model: PLAIN,
      instructions: 'Be short.',
      max_output_tokens: 3,
      store: false,
      error: null,
      incomplete_details: null,
      previous_response_id: null,
      reasoning: null,
      tools: [],
      usage: {
        output_tokens: 3,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    });
    expect(data.id).toMatch(/^resp_\w+$/);
    expect(data.output).toMatchObject([{ type: 'message', role: 'assistant', status: 'completed' }]);
    expect(data.output_text).toMatch(/\w/);
    expect(data.usage?.total_tokens).toBe((data.usage?.input_tokens ?? 0) + 3);
    const [job] = await world.jobs();
    expect(job).toMatchObject({ id: response.headers.get('x-job-id'), kind: 'CHAT', status: 'COMPLETE' });
  });

  test('comes in numbered events that say the same', async () => {
    const asked = { model: PLAIN, input: 'How is the weather?', temperature: 0 };
    const whole = await client.responses.create(asked);
    const events = await collected(await client.responses.create({ ...asked, stream: true }));
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta');
    expect(deltas.length).toBeGreaterThan(2);
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      ...deltas.map(({ type }) => type),
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    const streamed = await client.responses.stream(asked).finalResponse();
    expect(streamed.output_text).toBe(whole.output_text);
    expect(streamed.usage).toEqual(whole.usage);
  });

  test('thinks in an item of its own, where that is asked for', async () => {
    const asked = {
      model: ABLE,
      input: 'How is the weather?',
      reasoning: { effort: 'high', summary: 'auto' },
    };
    const whole = await client.responses.create(asked as never);
    const [thought, said] = whole.output;
    expect(thought).toMatchObject({
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: expect.stringMatching(/\w/) }],
    });
    expect(said).toMatchObject({ type: 'message' });
    expect(whole.reasoning).toMatchObject({ effort: 'high', summary: 'auto' });
    const events = await collected(client.responses.stream(asked as never));
    expect((await client.responses.stream(asked as never).finalResponse()).output).toMatchObject(
      whole.output.map(({ type }) => ({ type })),
    );
    const indexes = (type: string) =>
      events.flatMap((event) => (event.type === type && 'output_index' in event ? [event.output_index] : []));
    expect(new Set(indexes('response.reasoning_summary_text.delta'))).toEqual(new Set([0]));
    expect(new Set(indexes('response.output_text.delta'))).toEqual(new Set([1]));
    expect(indexes('response.output_item.done')).toEqual([0, 1]);
    const quiet = await client.responses.create({ model: PLAIN, input: 'Hi.', think: true } as never);
    expect(quiet.output).toMatchObject([{ type: 'message' }]);
    await expect(client.responses.create({ ...asked, model: PLAIN } as never)).rejects.toMatchObject({
      status: 400,
      message: `400 "${PLAIN}" does not support thinking`,
    });
  });

  test('calls two functions, whose outputs are sent back', async () => {
    const asked = {
      model: ABLE,
      input: 'Use weather and then clock.',
      tools: [tool('other'), tool('weather'), tool('clock')],
      reasoning: { effort: 'none' as const },
    };
    const whole = await client.responses.create(asked);
    expect(whole.output).toMatchObject([
      {
        type: 'function_call',
        name: 'weather',
        status: 'completed',
        call_id: expect.stringMatching(/^call_/),
      },
      { type: 'function_call', name: 'clock' },
    ]);
    const stream = client.responses.stream(asked);
    const events = await collected(stream);
    const ofCalls = events.filter(({ type }) => /function_call|output_item/.test(type));
    expect(ofCalls.map((event) => [event.type, (event as { output_index: number }).output_index])).toEqual(
      [0, 1].flatMap((index) => [
        ['response.output_item.added', index],
        ['response.function_call_arguments.delta', index],
        ['response.function_call_arguments.done', index],
        ['response.output_item.done', index],
      ]),
    );
    const calls = (await stream.finalResponse()).output.filter((item) => item.type === 'function_call');
    for (const call of calls) expect(JSON.parse(call.arguments)).toEqual({ city: expect.any(String) });
    const answers = calls.map(({ call_id }) => ({
      type: 'function_call_output' as const,
      call_id,
      output: '9 °C',
    }));
    const input: ResponseInputItem[] = [{ role: 'user', content: asked.input }, ...calls, ...answers];
    const next = await client.responses.create({ ...asked, input });
    expect(next.output_text).toMatch(/\w/);
    const none = await client.responses.create({ ...asked, tool_choice: 'none' });
    expect(none.output).toMatchObject([{ type: 'message' }]);
    expect(none.tool_choice).toBe('none');
  });

  test('has functions of namespaces by their whole names', async () => {
    const namespace = {
      type: 'namespace',
      name: 'city',
      description: 'Of cities.',
      tools: [tool('weather')],
    };
    const asked = {
      model: ABLE,
      input: 'Use city.weather.',
      tools: [namespace],
      reasoning: { effort: 'none' },
    };
    const { output } = await client.responses.create(asked as never);
    expect(output).toMatchObject([{ type: 'function_call', name: 'city.weather' }]);
  });

  test('is of the form that a schema asks for', async () => {
    const Weather = z.object({ city: z.string(), degrees: z.number(), sunny: z.boolean() });
    const format = zodTextFormat(Weather, 'weather');
    const parsed = await client.responses.parse({ model: PLAIN, input: 'Weather?', text: { format } });
    expect(Weather.parse(parsed.output_parsed)).toEqual(parsed.output_parsed);
    expect(parsed.text?.format).toMatchObject({ type: 'json_schema', name: 'weather', strict: true });
  });

  test('sees images, of models that see', async () => {
    const input = [
      {
        role: 'user' as const,
        content: [
          { type: 'input_text' as const, text: 'What is this?' },
          {
            type: 'input_image' as const,
            detail: 'auto' as const,
            image_url: `data:image/png;base64,${PNG}`,
          },
        ],
      },
    ];
    const max_output_tokens = 3;
    const seen = await client.responses.create({ model: ABLE, input, max_output_tokens });
    const blind = await client.responses.create({ model: ABLE, input: 'What is this?', max_output_tokens });
    expect(seen.usage?.input_tokens).toBeGreaterThan((blind.usage?.input_tokens ?? 0) + 100);
    await expect(client.responses.create({ model: PLAIN, input })).rejects.toMatchObject({ status: 400 });
  });

  test('does not refer to another one: nothing is kept', async () => {
    const first = await client.responses.create({ model: PLAIN, input: 'Hi.', store: true });
    expect(first).toMatchObject({ store: false });
    const next = await client.responses.create({
      model: PLAIN,
      input: 'Go on.',
      previous_response_id: first.id,
      max_output_tokens: 2,
    });
    expect(next.previous_response_id).toBeNull();
    await expect(client.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(client.responses.delete(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(client.responses.cancel(first.id)).rejects.toMatchObject({ status: 404 });
  });

  test('of nothing to say loads the model', async () => {
    const none = { output_text: '', status: 'completed', usage: { total_tokens: 0 } };
    expect(await client.responses.create({ model: PLAIN, input: '' })).toMatchObject(none);
    const streamed = await client.responses.stream({ model: PLAIN, input: [] }).finalResponse();
    expect(streamed).toMatchObject({ ...none, output: [] });
  });
});

describe('what goes wrong', () => {
  test('has a status as long as nothing was sent, of streams too', async () => {
    for (const stream of [false, true])
      await expect(client.responses.create({ model: 'nothere', input: 'a', stream })).rejects.toMatchObject({
        status: 404,
        type: 'not_found_error',
        message: "404 model 'nothere' not found",
      });
    const tools = [{ type: 'web_search' as const }];
    for (const stream of [false, true])
      await expect(
        client.responses.create({ model: PLAIN, input: 'a', stream, tools }),
      ).rejects.toMatchObject({
        status: 400,
        type: 'invalid_request_error',
      });
  });

  test('with a search that the model asks for is told, as nothing here searches', async () => {
    const tools = [{ type: 'web_search' as const }, tool('web_search')];
    const asked = { model: ABLE, input: 'Use web_search.', tools, reasoning: { effort: 'none' as const } };
    for (const stream of [false, true])
      await expect(client.responses.create({ ...asked, stream })).rejects.toMatchObject({
        status: 403,
        code: 'web_search_unavailable',
        message: '403 ollama cloud is disabled: web search is unavailable',
      });
    const other = { input: 'Use weather.', tools: [...tools, tool('weather')] };
    const called = await client.responses.create({ ...asked, ...other });
    expect(called.output).toMatchObject([{ type: 'function_call', name: 'weather' }]);
    expect(called.tools).toMatchObject([{ type: 'web_search' }, { name: 'web_search' }, { name: 'weather' }]);
  });

  test('in mid-stream is told as a response that failed, and as an error', async () => {
    await using t = await gatewayWorld({ ollama: { catalog, tokensPerSecond: 100 } });
    const stream = await clientOf(t.url).responses.create({
      model: PLAIN,
      input: 'a',
      max_output_tokens: 5_000,
      stream: true,
    });
    const seen: { readonly type: string; readonly response?: { readonly error?: unknown } }[] = [];
    const reading = (async () => {
      for await (const event of stream) seen.push(event);
    })();
    await eventually(() => Promise.resolve(seen.length > 5));
    await t.app.ollama.stop();
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/) });
    expect(seen.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: expect.any(String), message: expect.any(String) } },
    });
    expect(seen.some(({ type }) => type === 'response.completed')).toBe(false);
  });

  test('and who leaves has the job cancelled, before the first event and after it', async () => {
    await using t = await gatewayWorld({
      ollama: { catalog, tokensPerSecond: 5 },
      backend: { parallel: 1 },
    });
    const asked = { model: PLAIN, input: 'a', max_output_tokens: 10_000 };
    const leave = new AbortController();
    const stream = await clientOf(t.url).responses.create(
      { ...asked, stream: true },
      { signal: leave.signal },
    );
    await stream[Symbol.asyncIterator]().next();
    const waiting = clientOf(t.url).responses.create(asked, { signal: leave.signal });
    const left = waiting.catch((error: Error) => error.constructor.name);
    await eventually(t.jobs, (jobs) => jobs.length === 2);
    leave.abort();
    expect(await left).toBe('APIUserAbortError');
    await eventually(t.jobs, (jobs) => jobs.every(({ status }) => status === 'CANCELLED'));
  });
});

describe('a compressed body', () => {
  const post = async (body: Uint8Array<ArrayBuffer>) => {
    const answer = await fetch(`${world.url}/v1/responses`, {
      method: 'POST',
      headers: { 'content-encoding': 'zstd' },
      body,
    });
    return { status: answer.status, told: await answer.json() };
  };
  const packed = (value: object) => new Uint8Array(zstdCompressSync(JSON.stringify(value)));
  const asked = { model: PLAIN, input: 'Hi.', max_output_tokens: 2 };

  test('is taken, also where it is large', async () => {
    expect(await post(packed(asked))).toMatchObject({ status: 200, told: { usage: { output_tokens: 2 } } });
    const large = packed({ ...asked, metadata: { a: 'x'.repeat(MiB) } });
    expect(await post(large)).toMatchObject({ status: 200 });
  });

  test.each([
    ['that is none', new TextEncoder().encode('{}')],
    ['that ends early', packed(asked).slice(0, 20)],
    ['that comes to too much', packed({ ...asked, input: 'x'.repeat(21 * MiB) })],
    ['of wrong types', packed({ model: 5 })],
  ])('%s is refused', async (_, body) => {
    const error = { type: 'invalid_request_error', message: expect.any(String) };
    expect(await post(body)).toMatchObject({ status: 400, told: { error } });
  });
});
