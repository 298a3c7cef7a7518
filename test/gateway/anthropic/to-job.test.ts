/** What jobs are made of requests, by tables. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelInfo } from '../../../src/domain/model.ts';
import type { ChatRequest, ImageSource } from '../../../src/domain/request.ts';
import { type MessagesRequest, readMessages } from '../../../src/gateway/anthropic/shapes.ts';
import { chatRequest, userOf } from '../../../src/gateway/anthropic/to-job.ts';
import { relaxed } from '../../../src/gateway/ollama/find-model.ts';
import { chatJob } from '../../../src/gateway/ollama/submissions.ts';
import { OllamaError } from '../../../src/ollama-api/errors.ts';

const HELLO = [{ role: 'user', content: 'Hello.' }];
const read = (more: object) =>
  readMessages(JSON.stringify({ model: 'm', max_tokens: 5, messages: HELLO, ...more }));
/** As the routes make it, of a model of which so much is known. */
const toJob = (body: MessagesRequest, model: ModelInfo | null = null) => ({
  ...chatJob(relaxed(chatRequest(body), model)),
  ...userOf(body),
});
const jobOf = (more: object) => toJob(read(more));
const chatOf = (more: object) => jobOf(more).request as ChatRequest<ImageSource>;
const messagesOf = (...messages: object[]) => chatOf({ messages }).messages;
const user = (...content: object[]) => messagesOf({ role: 'user', content });

const PNG = 'iVBORw0KGgo=';
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };

describe('a conversation', () => {
  test.each([
    ['a text', [{ role: 'user', content: 'a' }], [{ role: 'user', content: 'a' }]],
    ['any role', [{ role: 'Critic', content: 'a' }], [{ role: 'critic', content: 'a' }]],
    [
      'a system role in mid-conversation',
      [...HELLO, { role: 'system', content: [{ type: 'text', text: 's' }] }],
      [
        { role: 'user', content: 'Hello.' },
        { role: 'system', content: 's' },
      ],
    ],
    [
      'texts of one message',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
      [{ role: 'user', content: 'ab' }],
    ],
    [
      'images',
      [{ role: 'user', content: [image, { type: 'text', text: 'a' }, image] }],
      [{ role: 'user', content: 'a', images: [PNG, PNG] }],
    ],
    [
      'thoughts that are replayed, also those that nobody can read',
      [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'x' },
            { type: 'redacted_thinking', data: 'zzz' },
            { type: 'text', text: 'a' },
          ],
        },
      ],
      [{ role: 'assistant', content: 'a', thinking: 'hm' }],
    ],
    [
      'calls of tools',
      [{ role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } }] }],
      [
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ id: 'c1', function: { index: 0, name: 'f', arguments: { a: 1 } } }],
        },
      ],
    ],
    [
      'answers of tools, before what is said to them',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Well?' },
            { type: 'tool_result', tool_use_id: 'c1', content: 'one' },
            { type: 'tool_result', tool_use_id: 'c2', content: [{ type: 'text', text: 'two' }, image] },
            { type: 'tool_result', tool_use_id: 'c3' },
          ],
        },
      ],
      [
        { role: 'tool', content: 'one', toolCallId: 'c1' },
        { role: 'tool', content: 'two', images: [PNG], toolCallId: 'c2' },
        { role: 'tool', content: '', toolCallId: 'c3' },
        { role: 'user', content: 'Well?' },
      ],
    ],
    [
      'failures of tools',
      [
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', is_error: true, content: 'not there' },
            { type: 'tool_result', tool_use_id: 'b', is_error: true, content: 'TypeError: x' },
            { type: 'tool_result', tool_use_id: 'c', is_error: true },
          ],
        },
      ],
      [
        { role: 'tool', content: 'Error: not there', toolCallId: 'a' },
        { role: 'tool', content: 'TypeError: x', toolCallId: 'b' },
        { role: 'tool', content: 'Error:', toolCallId: 'c' },
      ],
    ],
    [
      'what was found on the web',
      [
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
            {
              type: 'web_search_tool_result',
              tool_use_id: 's',
              content: [{ type: 'web_search_result', title: 'T', url: 'https://u' }],
            },
          ],
        },
      ],
      [
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ id: 's', function: { index: 0, name: 'web_search', arguments: { query: 'q' } } }],
        },
        { role: 'tool', content: '- T: https://u\n', toolCallId: 's' },
      ],
    ],
    [
      'nothing',
      [
        { role: 'user', content: '' },
        { role: 'user', content: [{ type: 'unheard_of' }] },
      ],
      [],
    ],
    ['a null content', [{ role: 'user', content: null }], []],
  ])('with %s', (_what, messages, expected) => {
    expect(messagesOf(...messages)).toEqual(expected);
  });

  test.each([
    ['a text', 's', ['s']],
    [
      'blocks',
      [
        { type: 'text', text: 'a', cache_control: {} },
        { type: 'text', text: 'b' },
      ],
      ['ab'],
    ],
    ['an empty text', '', []],
    ['no blocks', [], []],
    ['anything else', 5, []],
  ])('begins with a system prompt of %s', (_what, system, expected) => {
    const { messages } = chatOf({ system });
    expect(messages.filter(({ role }) => role === 'system').map(({ content }) => content)).toEqual(expected);
  });

  test.each([
    [{ type: 'image' }, 'invalid image source'],
    [
      { type: 'image', source: { type: 'url', url: 'https://x' } },
      'invalid image source type: url. Only base64 images are supported.',
    ],
    [
      { type: 'image', source: { type: 'base64', data: '!' } },
      'invalid base64 image data: illegal base64 data at input byte 0',
    ],
    [{ type: 'tool_use', name: 'f' }, "tool_use block missing required 'id' field"],
    [{ type: 'tool_use', id: 'c' }, "tool_use block missing required 'name' field"],
    [{ type: 'tool_result', content: [{ type: 'image' }] }, 'invalid tool_result image source'],
  ])('is refused with %j', (block, message) => {
    expect(() => user(block)).toThrow(new OllamaError(400, message));
  });
});

describe('a request', () => {
  test.each([
    ['', 'EOF'],
    ['{', 'unexpected EOF'],
    ['[]', 'json: cannot unmarshal array into Go value of type anthropic.MessagesRequest'],
    ['{"max_tokens":1,"messages":[{"role":"user","content":"a"}]}', 'model is required'],
    [
      '{"model":"m","messages":[{"role":"user","content":"a"}]}',
      'max_tokens is required and must be positive',
    ],
    ['{"model":"m","max_tokens":-1}', 'max_tokens is required and must be positive'],
    ['{"model":"m","max_tokens":1,"messages":[]}', 'messages is required'],
    [
      '{"model":"m","max_tokens":"1"}',
      'json: cannot unmarshal string into Go struct field MessagesRequest.max_tokens of type int',
    ],
    [
      '{"model":"m","max_tokens":1,"messages":[{"role":5,"content":"a"}]}',
      'json: cannot unmarshal number into Go struct field MessagesRequest.messages.role of type string',
    ],
    [
      '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":5}]}',
      'json: cannot unmarshal number into Go struct field MessagesRequest.messages of type []anthropic.ContentBlock',
    ],
    ['{"model":"m","max_tokens":1,"messages":[{"role":"user"}]}', 'unexpected end of JSON input'],
    ['{"model":"m","max_tokens":1,"messages":[null]}', 'unexpected end of JSON input'],
  ])('of %s is refused', (body, message) => {
    expect(() => readMessages(body)).toThrow(new OllamaError(400, message));
  });

  test('is a chat with its options, and wishes of how the model is loaded', () => {
    const job = jobOf({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ['a', 'b'],
      num_ctx: 8192,
      keep_alive: '5m',
      options: { seed: 7, temperature: 2, num_gpu: 3, mirostat: 1 },
      metadata: { user_id: 'me' },
    });
    expect(job).toEqual({
      model: 'm',
      metadata: { user_id: 'me' },
      wishes: { contextLength: 8192, keepAliveMs: 300_000, others: { num_gpu: 3 } },
      request: {
        kind: 'CHAT',
        messages: [{ role: 'user', content: 'Hello.' }],
        options: {
          maxTokens: 5,
          seed: 7,
          temperature: 0.5,
          extra: { top_p: 0.9, top_k: 40, stop: ['a', 'b'], mirostat: 1 },
        },
      },
    });
  });

  test.each([
    [{}, undefined],
    [{ thinking: { type: 'enabled', budget_tokens: 9 } }, 'ON'],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, 'OFF'],
    [{ thinking: { type: 'adaptive' } }, undefined],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, 'LOW'],
    [{ output_config: { effort: ' XHigh ' } }, 'HIGH'],
    [{ output_config: { effort: 'max' } }, 'MAX'],
    [{ output_config: { effort: 'unheard of' } }, undefined],
    [{ think: 'medium' }, 'MEDIUM'],
    [{ think: 5 }, undefined],
  ])('with %j thinks: %s', (more, think) => {
    expect(chatOf(more).think).toBe(think);
  });

  test('does not ask a model to think that does not', () => {
    const thinkOf = (type: string, capabilities: readonly string[] | null) => {
      const info = capabilities && ({ capabilities } as unknown as ModelInfo);
      return (toJob(read({ thinking: { type } }), info).request as ChatRequest).think;
    };
    expect(thinkOf('enabled', ['completion'])).toBeUndefined();
    expect(thinkOf('enabled', ['completion', 'thinking'])).toBe('ON');
    expect(thinkOf('enabled', [])).toBe('ON');
    expect(thinkOf('enabled', null)).toBe('ON');
    expect(thinkOf('disabled', ['completion'])).toBe('OFF');
  });
});

describe('tools', () => {
  const schema = { type: 'object', properties: { a: { type: 'string', pattern: 'x' } }, $schema: 'y' };
  const tools = [
    { name: 'f', description: 'F.', input_schema: schema },
    { name: 'g', cache_control: { type: 'ephemeral' } },
  ];
  const namesOf = (more: object) =>
    chatOf({ tools, ...more }).tools?.map((tool) => JSON.parse(JSON.stringify(tool)).function.name);

  test('keep their schemas', () => {
    expect(chatOf({ tools }).tools).toEqual([
      { type: 'function', function: { name: 'f', description: 'F.', parameters: schema } },
      { type: 'function', function: { name: 'g', description: '' } },
    ]);
  });

  test.each([
    [{ type: 'auto' }, ['f', 'g']],
    [{ type: 'any' }, ['f', 'g']],
    [{ type: 'tool', name: 'g' }, ['g']],
    [{ type: 'tool', name: 'unheard of' }, ['f', 'g']],
    [{ type: 'none' }, undefined],
  ])('by the choice %j are %j', (tool_choice, names) => {
    expect(namesOf({ tool_choice })).toEqual(names);
  });

  test('of a search on the web take the place of those of the same name', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 5 };
    expect(namesOf({ tools: [{ name: 'web_search' }, tools[0], search] })).toEqual(['f', 'web_search']);
  });

  test.each([
    ['5', 'json: cannot unmarshal number into Go value of type api.ToolFunctionParameters'],
    ['{"properties":5}', "Value looks like object, but can't find closing '}' symbol"],
  ])('with the schema %s are refused', (input_schema, why) => {
    const body = `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],"tools":[{"name":"f","input_schema":${input_schema}}]}`;
    expect(() => toJob(readMessages(body))).toThrow(
      new OllamaError(400, `invalid input_schema for tool "f": ${why}`),
    );
  });
});

test('whatever is sent is a job, or refused with words', () => {
  const fields = [
    'system',
    'messages',
    'tools',
    'tool_choice',
    'thinking',
    'metadata',
    'output_config',
    'options',
  ];
  const block = fc.record(
    {
      type: fc.constantFrom(
        'text',
        'image',
        'tool_use',
        'tool_result',
        'thinking',
        'web_search_tool_result',
        'x',
      ),
      text: fc.jsonValue(),
      source: fc.jsonValue(),
      content: fc.jsonValue(),
      input: fc.jsonValue(),
    },
    { requiredKeys: ['type'] },
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.record({ role: fc.string(), content: fc.oneof(fc.array(block), fc.string()) })),
    fc.array(block),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...fields), value), (more) => {
      try {
        const { request } = jobOf(more);
        expect(request.kind).toBe('CHAT');
      } catch (error) {
        expect(error).toBeInstanceOf(OllamaError);
        expect(error).toMatchObject({ status: 400 });
      }
    }),
    { numRuns: 150 },
  );
});
