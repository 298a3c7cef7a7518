import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { chatShape } from '../../../src/gateway/ollama/text-shapes.ts';
import { EventsForm } from '../../../src/gateway/openai/responses/events-form.ts';
import { echoOf } from '../../../src/gateway/openai/responses/response.ts';
import { type ResponseEvent, ResponseEvents } from '../../../src/gateway/openai/responses/response-events.ts';
import { readResponses } from '../../../src/gateway/openai/responses/shapes.ts';
import { ProblemError, refused } from '../../../src/gateway/shared/problem.ts';
import { collected } from '../support/world.ts';
import { answering } from './support/answering.ts';

const AT = '2026-11-30T10:48:46.124968797Z';
const SECONDS = Math.floor(Date.parse(AT) / 1_000);
const clock = { now: () => 0 };
const terms = (body: object = {}, searchesWeb = false) => ({
  id: 'resp_1',
  echo: echoOf(readResponses(JSON.stringify({ model: 'Asked:1b', input: 'a', ...body }))),
  searchesWeb,
});
const record = (message: JsonObject, more: JsonObject = {}): JsonObject => ({
  created_at: AT,
  message: { role: 'assistant', content: '', ...message },
  done: false,
  ...more,
});
const last = (message: JsonObject = {}) =>
  record(message, { done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 5 });
const call = (name: string, more: JsonObject = {}): JsonObject => ({
  id: `call_${name}`,
  function: { index: 0, name, arguments: { b: '<', a: 2 } },
  ...more,
});
const message = (text: string, index: number) => ({
  id: `msg_1_${index}`,
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
});
const reasoning = (text: string, index: number) => ({
  id: `rs_1_${index}`,
  type: 'reasoning',
  summary: [{ type: 'summary_text', text }],
  encrypted_content: text,
});
const called = (name: string, index: number) => ({
  id: `fc_1_${index}`,
  type: 'function_call',
  status: 'completed',
  call_id: `call_${name}`,
  name,
  arguments: '{"b":"\\u003c","a":2}',
});

function all(records: readonly JsonObject[], end: JsonObject): readonly ResponseEvent[] {
  const events = new ResponseEvents(terms(), clock);
  return [...records.flatMap((each) => events.said(each)), ...events.ended(end)];
}

const responseOf = (event: ResponseEvent | undefined) => event?.response as JsonObject | undefined;
const outputOf = (events: readonly ResponseEvent[]) => responseOf(events.at(-1))?.output;
const brief = (events: readonly ResponseEvent[]) =>
  events.map(({ type, output_index: index }) => `${type.replace('response.', '')} ${index ?? ''}`.trim());

const opened = (index: number) => [`output_item.added ${index}`, `content_part.added ${index}`];
const closed = (index: number) => [
  `output_text.done ${index}`,
  `content_part.done ${index}`,
  `output_item.done ${index}`,
];
const thought = (index: number, deltas: number) => [
  `output_item.added ${index}`,
  `reasoning_summary_part.added ${index}`,
  ...Array<string>(deltas).fill(`reasoning_summary_text.delta ${index}`),
  `reasoning_summary_text.done ${index}`,
  `reasoning_summary_part.done ${index}`,
  `output_item.done ${index}`,
];
const function_call = (index: number) => [
  `output_item.added ${index}`,
  `function_call_arguments.delta ${index}`,
  `function_call_arguments.done ${index}`,
  `output_item.done ${index}`,
];

describe('events', () => {
  test.each<readonly [string, readonly JsonObject[], JsonObject, readonly string[], readonly object[]]>([
    ['of nothing at all', [], last(), [], []],
    [
      'of a text',
      [record({ content: 'a' }), record({ content: 'b' })],
      last(),
      [...opened(0), 'output_text.delta 0', 'output_text.delta 0', ...closed(0)],
      [message('ab', 0)],
    ],
    [
      'of all in the last record',
      [],
      last({ thinking: 'Hm', content: 'a' }),
      [...thought(0, 1), ...opened(1), 'output_text.delta 1', ...closed(1)],
      [reasoning('Hm', 0), message('a', 1)],
    ],
    [
      'of thoughts in between',
      [
        record({ thinking: 'H' }),
        record({ thinking: 'm' }),
        record({ content: 'a' }),
        record({ thinking: 'So' }),
      ],
      last({ content: 'b' }),
      [
        ...thought(0, 2),
        ...opened(1),
        'output_text.delta 1',
        ...closed(1),
        ...thought(2, 1),
        ...opened(3),
        'output_text.delta 3',
        ...closed(3),
      ],
      [reasoning('Hm', 0), message('a', 1), reasoning('So', 2), message('b', 3)],
    ],
    [
      'of calls after a text',
      [record({ content: 'a' }), record({ tool_calls: [call('f'), call('g')] })],
      last({ tool_calls: [call('h')] }),
      [
        ...opened(0),
        'output_text.delta 0',
        ...closed(0),
        ...function_call(1),
        ...function_call(2),
        ...function_call(3),
      ],
      [message('a', 0), called('f', 1), called('g', 2), called('h', 3)],
    ],
  ])('%s', (_, records, end, kinds, output) => {
    const events = all(records, end);
    expect(brief(events)).toEqual(['created', 'in_progress', ...kinds, 'completed']);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    expect(outputOf(events)).toEqual(output);
    const done = events.filter(({ type }) => type === 'response.output_item.done');
    expect(done.map(({ item }) => item)).toEqual(output);
  });

  test('say the whole response at the beginning and at the end', () => {
    const [created, inProgress, ...rest] = all([record({ content: 'a' })], last());
    const response = {
      id: 'resp_1',
      object: 'response',
      created_at: SECONDS,
      completed_at: null,
      status: 'in_progress',
      incomplete_details: null,
      model: 'Asked:1b',
      previous_response_id: null,
      instructions: null,
      output: [],
      error: null,
      tools: [],
      tool_choice: 'auto',
      truncation: 'disabled',
      parallel_tool_calls: true,
      text: { format: { type: 'text' } },
      top_p: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      top_logprobs: 0,
      temperature: 1,
      reasoning: null,
      usage: null,
      max_output_tokens: null,
      max_tool_calls: null,
      store: false,
      background: false,
      service_tier: 'default',
      metadata: {},
      safety_identifier: null,
      prompt_cache_key: null,
    };
    expect(created).toEqual({ type: 'response.created', sequence_number: 0, response });
    expect(inProgress).toEqual({ type: 'response.in_progress', sequence_number: 1, response });
    expect(responseOf(rest.at(-1))).toEqual({
      ...response,
      status: 'completed',
      completed_at: SECONDS,
      output: [message('a', 0)],
      usage: {
        input_tokens: 3,
        output_tokens: 5,
        total_tokens: 8,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  test('are none where nothing is said', () => {
    expect(new ResponseEvents(terms(), clock).said(record({}))).toEqual([]);
  });

  test('of calls have an id where the backend gave none, and arguments as text', () => {
    const bare = { function: { name: 'f', arguments: '{"a":1}' } };
    expect(
      outputOf(all([record({ tool_calls: [bare, { function: { name: 'g' } }] })], last())),
    ).toMatchObject([
      { call_id: 'call_1_0', arguments: '{"a":1}' },
      { call_id: 'call_1_1', arguments: '{}' },
    ]);
  });

  test('of a search end in a refusal, and of a function of that name they do not', () => {
    const searching = new ResponseEvents(terms({}, true), clock);
    expect(brief(searching.said(record({ tool_calls: [call('web_search'), call('f')] })))).toEqual([
      'created',
      'in_progress',
      ...function_call(0),
    ]);
    expect(() => searching.ended(last())).toThrow(ProblemError);
    expect(outputOf(all([record({ tool_calls: [call('web_search')] })], last()))).toEqual([
      called('web_search', 0),
    ]);
  });

  test('of what fails begin, where nothing has begun, and keep what was said', () => {
    const error = { code: 'engine_died', message: 'It died.' };
    expect(brief(new ResponseEvents(terms(), clock).failed(error))).toEqual([
      'created',
      'in_progress',
      'failed',
    ]);
    const events = new ResponseEvents(terms(), clock);
    events.said(record({ thinking: 'Hm' }));
    events.said(record({ content: 'a' }));
    const [failed, ...more] = events.failed(error);
    expect(more).toEqual([]);
    expect(responseOf(failed)).toMatchObject({
      status: 'failed',
      error,
      output: [reasoning('Hm', 0)],
      completed_at: null,
      usage: null,
    });
  });
});

describe('a response in one object', () => {
  const whole = (said: JsonObject, body: object = {}) =>
    new ResponseEvents(terms(body), clock).whole(last(said));

  test('has a text, even where nothing was said', () => {
    expect(whole({}).output).toEqual([message('', 0)]);
    expect(whole({ thinking: 'Hm' }).output).toEqual([reasoning('Hm', 0), message('', 1)]);
  });

  test('has the calls of functions, and the text beside them', () => {
    expect(whole({ tool_calls: [call('f')] }).output).toEqual([called('f', 0)]);
    expect(whole({ content: 'a', tool_calls: [call('f')] }).output).toEqual([
      message('a', 0),
      called('f', 1),
    ]);
  });

  test('says again what was asked for', () => {
    const schema = { type: 'object', properties: { b: {}, a: {} } };
    const tool = { type: 'function', name: 'f', description: 'd', strict: true, parameters: schema };
    const space = { type: 'namespace', name: 'n', tools: [tool] };
    const asked = {
      instructions: 'Be short.',
      tools: [tool, { type: 'web_search' }, space],
      tool_choice: 'none',
      truncation: 'auto',
      text: { format: { type: 'json_schema', name: 'n', schema, strict: false } },
      top_p: 0.5,
      temperature: 0,
      reasoning: { effort: 'low' },
      max_output_tokens: 7,
      background: true,
    };
    const none = { description: null, strict: null, parameters: null };
    expect(whole({}, asked)).toMatchObject({
      ...asked,
      tools: [tool, { type: 'web_search', name: '', ...none }, { ...space, ...none }],
      reasoning: { effort: 'low', summary: null },
      status: 'completed',
      created_at: SECONDS,
      completed_at: SECONDS,
    });
    expect(whole({}, { reasoning: { summary: 'auto' }, text: { format: {} } })).toMatchObject({
      reasoning: { effort: null, summary: 'auto' },
      text: { format: { type: '' } },
    });
  });
});

async function answeringResponses(act: (form: EventsForm) => void) {
  const server = await answering((exchange) => {
    const newEvents = () => new ResponseEvents(terms({}, true), systemClock);
    act(new EventsForm(exchange, newEvents, chatShape('m', systemClock)));
  });
  const { url } = server;
  const client = new OpenAI({ baseURL: url, apiKey: 'any', maxRetries: 0 });
  return {
    ...server,
    client,
    text: async () => (await fetch(url)).text(),
    events: async () => collected(await client.responses.create({ model: 'm', input: 'a', stream: true })),
  };
}

describe('on the line', () => {
  test('each event has its name, and comments stand for waiting before the first one', async () => {
    await using t = await answeringResponses((form) => {
      form.waiting();
      form.waiting();
      form.end(last({ content: 'a' }));
    });
    expect(await t.text()).toMatch(
      /^: waiting\n\n: waiting\n\nevent: response\.created\ndata: \{"type":"response\.created","sequence_number":0,/,
    );
    expect((await t.events()).at(-1)).toMatchObject({ type: 'response.completed' });
    const helped = await t.client.responses.stream({ model: 'm', input: 'a' }).finalResponse();
    expect(helped.output_text).toBe('a');
  });

  test('what goes wrong after a sign of waiting is a response that failed, and an error', async () => {
    await using t = await answeringResponses((form) => {
      form.waiting();
      form.fail(refused(404, 'MODEL_NOT_FOUND', 'It is gone.'));
    });
    await expect(t.events()).rejects.toMatchObject({ message: 'It is gone.', code: 'model_not_found' });
    const told = await t.text();
    const events = told.split('\n\n').flatMap((each) => /^data: (.*)$/m.exec(each)?.[1] ?? []);
    const error = { code: 'model_not_found', message: 'It is gone.' };
    expect(events.map((each) => JSON.parse(each)).slice(2)).toMatchObject([
      { type: 'response.failed', sequence_number: 2, response: { status: 'failed', error } },
      { type: 'error', sequence_number: 3, ...error, param: null, error: { type: 'not_found_error' } },
    ]);
  });

  test('what goes wrong before has a status', async () => {
    await using t = await answeringResponses((form) =>
      form.fail(refused(404, 'MODEL_NOT_FOUND', 'It is gone.')),
    );
    await expect(t.events()).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('a run that begins again begins its events again', async () => {
    await using t = await answeringResponses((form) => {
      form.begin();
      // The earlier run asked for a search, of which nothing has gone out.
      expect(form.record(record({ tool_calls: [call('web_search')] }))).toBe(false);
      form.begin();
      expect(form.record(record({ content: 'b' }))).toBe(true);
      form.end(last());
    });
    expect((await t.events())[0]).toMatchObject({ type: 'response.created', sequence_number: 0 });
  });
});
