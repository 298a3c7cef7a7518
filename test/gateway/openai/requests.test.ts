import { describe, expect, test } from 'vitest';
import { chatRequest, embedRequest, generateRequest } from '../../../src/gateway/openai/requests.ts';
import { readChatCompletion, readCompletion, readEmbeddings } from '../../../src/gateway/openai/shapes.ts';
import { OllamaError } from '../../../src/ollama-api/errors.ts';

const USER = { role: 'user', content: 'hi' };
const chat = (body: object | string) =>
  chatRequest(readChatCompletion(typeof body === 'string' ? body : JSON.stringify(body)));
const chatOf = (more: object) => chat({ model: 'm', messages: [USER], ...more });
const complete = (body: object | string) =>
  generateRequest(readCompletion(typeof body === 'string' ? body : JSON.stringify(body)));
const embed = (body: object | string) =>
  embedRequest(readEmbeddings(typeof body === 'string' ? body : JSON.stringify(body)));

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(OllamaError);
    expect((error as OllamaError).status).toBe(400);
    return (error as OllamaError).message;
  }
  return expect.fail('was taken');
}

const field = (value: string, name: string, type: string) =>
  `json: cannot unmarshal ${value} into Go struct field ${name} of type ${type}`;
const CALLED = 'struct { Name string "json:\\"name\\""; Arguments string "json:\\"arguments\\"" }';

describe('a body of the wrong type is told in the words of the real server', () => {
  const calls = (call: string) => `{"messages":[{"role":"assistant","tool_calls":[${call}]}]}`;

  test.each([
    ['', 'EOF'],
    ['{', 'unexpected EOF'],
    ['[]', 'json: cannot unmarshal array into Go value of type openai.ChatCompletionRequest'],
    ['{"model":5}', field('number', 'ChatCompletionRequest.model', 'string')],
    ['{"messages":5}', field('number', 'ChatCompletionRequest.messages', '[]openai.Message')],
    ['{"messages":[5]}', field('number', 'ChatCompletionRequest.messages', 'openai.Message')],
    ['{"messages":[{"role":5}]}', field('number', 'Message.messages.role', 'string')],
    ['{"messages":[{"tool_calls":5}]}', field('number', 'Message.messages.tool_calls', '[]openai.ToolCall')],
    [calls('{"function":5}'), field('number', 'ToolCall.messages.tool_calls.function', CALLED)],
    [
      calls('{"function":{"arguments":{}}}'),
      field('object', '.messages.tool_calls.function.arguments', 'string'),
    ],
    ['{"temperature":"1"}', field('string', 'ChatCompletionRequest.temperature', 'float64')],
    ['{"temperature":1e999}', field('number 1e999', 'ChatCompletionRequest.temperature', 'float64')],
    ['{"max_tokens":1.5}', field('number 1.5', 'ChatCompletionRequest.max_tokens', 'int')],
    ['{"stream_options":5}', field('number', 'ChatCompletionRequest.stream_options', 'openai.StreamOptions')],
    [
      '{"response_format":5}',
      field('number', 'ChatCompletionRequest.response_format', 'openai.ResponseFormat'),
    ],
    [
      '{"response_format":{"json_schema":5}}',
      field('number', 'ResponseFormat.response_format.json_schema', 'openai.JsonSchema'),
    ],
    ['{"reasoning":5}', field('number', 'ChatCompletionRequest.reasoning', 'openai.Reasoning')],
    ['{"tools":5}', field('number', 'ChatCompletionRequest.tools', '[]api.Tool')],
    [
      '{"tools":[{"function":{"parameters":5}}]}',
      field('number', 'ToolFunction.tools.function.parameters', 'api.ToolFunctionParameters'),
    ],
  ])('chat completions: %s', (body, text) => {
    expect(refusal(() => chat(body))).toBe(text);
  });

  test.each([
    ['{"prompt":["a"]}', field('array', 'CompletionRequest.prompt', 'string')],
    ['{"temperature":1e39}', field('number 1e39', 'CompletionRequest.temperature', 'float32')],
    ['{"top_p":"x"}', field('string', 'CompletionRequest.top_p', 'float32')],
    ['{"stop":[5]}', "invalid type for 'stop' field: float64"],
    ['{"stop":["a",null]}', "invalid type for 'stop' field: <nil>"],
  ])('completions: %s', (body, text) => {
    expect(refusal(() => complete(body))).toBe(text);
  });

  test.each([
    ['{"input":null}', 'invalid input'],
    ['{"input":[]}', 'invalid input'],
    ['{}', 'invalid input'],
    ['{"model":5}', field('number', 'EmbedRequest.model', 'string')],
    [
      '{"input":"a","encoding_format":"hex"}',
      "Invalid value for 'encoding_format' = hex. Supported values: ['float', 'base64'].",
    ],
  ])('embeddings: %s', (body, text) => {
    expect(refusal(() => embed(body))).toBe(text);
  });
});

describe('messages', () => {
  const empty = {
    content: '',
    thinking: '',
    images: undefined,
    tool_calls: undefined,
    tool_name: '',
    tool_call_id: '',
  };
  const messages = (...given: object[]) => chat({ model: 'm', messages: given }).messages;
  const PNG = 'iVBORw0KGgo=';
  const call = (id: string, name: string, given = '{"city":"Oslo"}') => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  });

  test.each(['system', 'user', 'assistant', 'developer', 'Anything'])('keep the role %s', (role) => {
    expect(messages({ role, content: 'x' })).toEqual([{ ...empty, role, content: 'x' }]);
  });

  test('become one for each part', () => {
    const parts = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
      { type: 'image_url', image_url: `data:;base64,${PNG}` },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    ];
    expect(messages({ role: 'user', content: parts })).toEqual([
      { ...empty, role: 'user', content: 'What is this?' },
      { ...empty, role: 'user', images: [PNG] },
      { ...empty, role: 'user', images: [PNG] },
      { ...empty, role: 'user', images: ['AAAA'] },
    ]);
  });

  test('that call tools need no content, and have their arguments as objects', () => {
    const tool_calls = [call('call_1', 'weather'), call('call_2', 'time', 'null')];
    const called = [
      { id: 'call_1', function: { index: 0, name: 'weather', arguments: { city: 'Oslo' } } },
      { id: 'call_2', function: { index: 0, name: 'time', arguments: {} } },
    ];
    for (const content of [null, undefined, [], ''])
      expect(messages({ role: 'assistant', content, tool_calls, reasoning: 'Hm.' })).toEqual([
        { ...empty, role: 'assistant', thinking: 'Hm.', tool_calls: called },
      ]);
    expect(messages({ role: 'assistant', tool_calls: [] })).toEqual([
      { ...empty, role: 'assistant', tool_calls: [] },
    ]);
  });

  test('of tools have the name of the last call that they answer, as text and as parts', () => {
    const asked = [call('call_1', 'weather'), call('call_2', 'time')];
    const told = messages(
      { role: 'assistant', content: 'a', tool_calls: asked },
      { role: 'assistant', content: 'b', tool_calls: [call('call_1', 'forecast')] },
      { role: 'tool', tool_call_id: 'call_1', content: '9 °C' },
      { role: 'Tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'noon' }] },
      { role: 'tool', tool_call_id: 'call_2', name: 'clock', content: 'noon' },
      { role: 'tool', tool_call_id: 'call_9', content: 'lost' },
    );
    expect(told?.slice(2)).toEqual([
      { ...empty, role: 'tool', content: '9 °C', tool_name: 'forecast', tool_call_id: 'call_1' },
      { ...empty, role: 'Tool', content: 'noon', tool_name: 'time', tool_call_id: 'call_2' },
      { ...empty, role: 'tool', content: 'noon', tool_name: 'clock', tool_call_id: 'call_2' },
      { ...empty, role: 'tool', content: 'lost', tool_call_id: 'call_9' },
    ]);
  });

  const part = (value: unknown) => ({ role: 'user', content: [value] });
  const image = (url: unknown) => part({ type: 'image_url', image_url: { url } });
  test.each<readonly [object, string]>([
    [{ role: 'user' }, 'invalid message content type: <nil>'],
    [{ role: 'user', content: 5 }, 'invalid message content type: float64'],
    [{ role: 'user', content: true }, 'invalid message content type: bool'],
    [{ role: 'user', content: {} }, 'invalid message content type: map[string]interface {}'],
    [part(5), 'invalid message format'],
    [part({ type: 'text' }), 'invalid message format'],
    [part({ type: 'file', file: {} }), 'invalid message format'],
    [image(5), 'invalid message format'],
    [
      image('https://example.com/a.png'),
      'image URLs are not currently supported, please use base64 encoded data instead',
    ],
    [image(`data:image/gif;base64,${PNG}`), 'invalid image input'],
    [image(PNG), 'invalid image input'],
    [image('data:image/png;base64,A'), 'invalid image input'],
    [part({ type: 'input_audio' }), 'invalid input_audio format'],
    [part({ type: 'input_audio', input_audio: {} }), 'invalid input_audio format: missing data'],
    [
      part({ type: 'input_audio', input_audio: { data: '!' } }),
      'invalid input_audio base64 data: illegal base64 data at input byte 0',
    ],
    ...['', '{} x', '[]', '"{}"', '{"a":1e999}'].map(
      (given) =>
        [
          { role: 'assistant', tool_calls: [call('call_1', 'f', given)] },
          'invalid tool call arguments',
        ] as const,
    ),
  ])('%j is refused', (message, text) => {
    expect(refusal(() => messages(message))).toBe(text);
  });

  test('have to be there', () => {
    for (const body of [{ model: 'm' }, { model: 'm', messages: [] }, { model: 'm', messages: null }])
      expect(refusal(() => chat(body))).toBe("[] is too short - 'messages'");
  });
});

describe('options', () => {
  const DEFAULTS = { temperature: 1, top_p: 1 };

  test.each([
    [{}, DEFAULTS],
    [
      { temperature: 0, top_p: 0 },
      { temperature: 0, top_p: 0 },
    ],
    [{ temperature: null }, DEFAULTS],
    [{ max_tokens: 0 }, { ...DEFAULTS, num_predict: 0 }],
    [
      { max_tokens: 5, max_completion_tokens: 7 },
      { ...DEFAULTS, num_predict: 7 },
    ],
    [
      { max_tokens: 5, max_completion_tokens: 'many' },
      { ...DEFAULTS, num_predict: 5 },
    ],
    [{ seed: 7 }, { ...DEFAULTS, seed: 7 }],
    [
      { frequency_penalty: 0.5, presence_penalty: -0.5 },
      { ...DEFAULTS, frequency_penalty: 0.5, presence_penalty: -0.5 },
    ],
    [{ stop: 'x' }, { ...DEFAULTS, stop: ['x'] }],
    [{ stop: ['x', 5, 'y'] }, { ...DEFAULTS, stop: ['x', 'y'] }],
    [{ stop: [] }, DEFAULTS],
    [{ stop: 5 }, DEFAULTS],
    [{ num_ctx: 8192 }, { ...DEFAULTS, num_ctx: 8192 }],
    [{ options: { top_k: 3, temperature: 0.2 } }, { temperature: 0.2, top_p: 1, top_k: 3 }],
    [
      { options: { temperature: 0.2 }, temperature: 0.7 },
      { ...DEFAULTS, temperature: 0.7 },
    ],
    [
      { options: { num_ctx: 2048 }, num_ctx: 4096 },
      { ...DEFAULTS, num_ctx: 4096 },
    ],
    [{ n: 3, user: 'u', store: true, logit_bias: { 5: 1 }, metadata: 5 }, DEFAULTS],
  ])('of %j', (more, options) => {
    expect(chatOf(more).options).toEqual(options);
  });

  test('of completions name both penalties, and have no top_p of 0', () => {
    const none = { ...DEFAULTS, frequency_penalty: 0, presence_penalty: 0 };
    expect(complete({ model: 'm', prompt: 'p' }).options).toEqual(none);
    expect(complete({ model: 'm', prompt: 'p', top_p: 0 }).options).toEqual(none);
    expect(
      complete({ model: 'm', prompt: 'p', stop: 'x', max_tokens: 3, options: { top_k: 1 } }).options,
    ).toEqual({
      ...none,
      stop: ['x'],
      num_predict: 3,
      top_k: 1,
    });
  });

  test('that Ollama has beyond this API are ignored where they are of another type', () => {
    const wrong = { num_ctx: 'x', keep_alive: 'soon', think: 5, options: [], truncate: 'no', tool_choice: 5 };
    expect(chatOf(wrong)).toEqual(chatOf({}));
    expect(chatOf({ keep_alive: '5m', think: 'high', truncate: true })).toMatchObject({
      keep_alive: 300_000,
      think: 'high',
      truncate: true,
    });
    expect(embed({ model: 'm', input: 'a', num_ctx: 512, keep_alive: -1 })).toMatchObject({
      options: { num_ctx: 512 },
      keep_alive: expect.any(Number),
    });
  });
});

describe('thinking', () => {
  test.each([
    [{}, undefined],
    [{ reasoning_effort: '' }, undefined],
    [{ reasoning_effort: 'none' }, false],
    [{ reasoning_effort: 'minimal' }, 'low'],
    [{ reasoning_effort: 'medium' }, 'medium'],
    [{ reasoning_effort: 'xhigh' }, 'max'],
    [{ reasoning: { effort: 'high' } }, 'high'],
    [{ reasoning: {}, reasoning_effort: 'high' }, undefined],
    [{ think: false, reasoning_effort: 'high' }, false],
  ])('%j', (more, think) => {
    expect(chatOf(more).think).toBe(think);
  });

  test('with an effort that nobody knows is refused', () => {
    expect(refusal(() => chatOf({ reasoning_effort: 'some' }))).toBe(
      'invalid reasoning value: "some" (must be "minimal", "low", "medium", "high", "xhigh", "ultra", "max", or "none")',
    );
  });
});

describe('formats, tools and probabilities', () => {
  test.each([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, '"json"'],
    [{ type: ' JSON_Object ' }, '"json"'],
    [
      { type: 'json_schema', json_schema: { name: 'n', strict: true, schema: { b: 1, a: 2 } } },
      '{"b":1,"a":2}',
    ],
    [{ type: 'json_schema', json_schema: {} }, undefined],
    [{ type: 'json_schema' }, undefined],
  ])('%j', (response_format, format) => {
    expect(chatOf({ response_format }).format).toBe(format);
  });

  test('tools are left out where none may be called', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
    expect(chatOf({ tools }).tools).toHaveLength(1);
    expect(chatOf({ tools, tool_choice: 'auto' }).tools).toHaveLength(1);
    expect(chatOf({ tools, tool_choice: 'none' }).tools).toBeUndefined();
  });

  test('chat counts them in a field of its own, completions in one', () => {
    expect(chatOf({ logprobs: true, top_logprobs: 3 })).toMatchObject({ logprobs: true, top_logprobs: 3 });
    expect(complete({ logprobs: 3 })).toMatchObject({ logprobs: true, top_logprobs: 3 });
    expect(complete({ logprobs: 0 })).toMatchObject({ logprobs: false, top_logprobs: 0 });
  });

  test('an empty text is embedded', () => {
    expect(embed({ model: 'm', input: '' }).input).toEqual(['']);
  });
});
