import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readResponses } from '../../../src/gateway/openai/responses/shapes.ts';
import { chatRequest } from '../../../src/gateway/openai/responses/to-chat.ts';
import { OllamaError } from '../../../src/ollama-api/errors.ts';

const read = (body: object | string) =>
  chatRequest(readResponses(typeof body === 'string' ? body : JSON.stringify(body)));
const of = (more: object) => read({ model: 'm', input: 'hi', ...more });
const messages = (...input: unknown[]) => of({ input }).messages;

function refusal(body: object | string): string {
  try {
    read(body);
  } catch (error) {
    expect(error).toBeInstanceOf(OllamaError);
    expect((error as OllamaError).status).toBe(400);
    return (error as OllamaError).message;
  }
  return expect.fail('was taken');
}

const field = (value: string, name: string, type: string) =>
  `json: cannot unmarshal ${value} into Go struct field ${name} of type ${type}`;
const NOT_A_LIST = (what: string, kind: string) =>
  `${what} must be a string or array: json: cannot unmarshal ${kind} into Go value of type []json.RawMessage`;
const TYPE = 'Type string "json:\\"type\\""';

describe('a body of the wrong type is told in the words of the real server', () => {
  test.each([
    ['', 'EOF'],
    ['{', 'unexpected EOF'],
    ['[]', 'json: cannot unmarshal array into Go value of type openai.ResponsesRequest'],
    ['{"model":5}', field('number', 'ResponsesRequest.model', 'string')],
    ['{"include":["a",5]}', field('number', 'ResponsesRequest.include', 'string')],
    ['{"reasoning":5}', field('number', 'ResponsesRequest.reasoning', 'openai.ResponsesReasoning')],
    ['{"reasoning":{"effort":5}}', field('number', 'ResponsesReasoning.reasoning.effort', 'string')],
    ['{"text":5}', field('number', 'ResponsesRequest.text', 'openai.ResponsesText')],
    ['{"text":{"format":5}}', field('number', 'ResponsesText.text.format', 'openai.ResponsesTextFormat')],
    ['{"tools":5}', field('number', 'ResponsesRequest.tools', '[]openai.ResponsesTool')],
    [
      '{"tools":[{"parameters":5}]}',
      field('number', 'ResponsesTool.tools.parameters', 'map[string]interface {}'),
    ],
    ['{"max_output_tokens":1.5}', field('number 1.5', 'ResponsesRequest.max_output_tokens', 'int')],
    ['{"input":5}', NOT_A_LIST('input', 'number')],
    // A type that decodes itself ends the decoding.
    ['{"model":5,"input":true}', NOT_A_LIST('input', 'bool')],
    [
      '{"input":[5]}',
      `input[0]: json: cannot unmarshal number into Go value of type struct { ${TYPE}; Role string "json:\\"role\\"" }`,
    ],
    ['{"input":[{"role":5}]}', `input[0]: ${field('number', '.role', 'string')}`],
    ['{"input":[{}]}', "input[0]: input item missing required 'type' field"],
    ['{"input":[null]}', "input[0]: input item missing required 'type' field"],
    ['{"input":[{"type":"é\\n"}]}', 'input[0]: unknown input item type: "é\\n"'],
    ['{"input":[{"role":"user","content":5}]}', `input[0]: ${NOT_A_LIST('content', 'number')}`],
    [
      '{"input":[{"role":"user","content":[5]}]}',
      `input[0]: content[0]: json: cannot unmarshal number into Go value of type struct { ${TYPE} }`,
    ],
    ['{"input":[{"role":"user","content":[{"type":"x"}]}]}', 'input[0]: content[0]: unknown content type: x'],
    [
      '{"input":[{"role":"user","content":[{"type":"toString"}]}]}',
      'input[0]: content[0]: unknown content type: toString',
    ],
    [
      '{"input":[{"role":"user","content":[{"type":"input_text","text":5}]}]}',
      `input[0]: content[0]: ${field('number', 'ResponsesTextContent.text', 'string')}`,
    ],
    [
      '{"input":[{"type":"function_call","arguments":{}}]}',
      `input[0]: ${field('object', 'ResponsesFunctionCall.arguments', 'string')}`,
    ],
    [
      '{"input":[{"role":"user"},{"type":"function_call_output","output":5}]}',
      `input[1]: ${NOT_A_LIST('output', 'number')}`,
    ],
    [
      '{"input":[{"type":"reasoning","summary":[5]}]}',
      `input[0]: ${field('number', 'ResponsesReasoningInput.summary', 'openai.ResponsesReasoningSummary')}`,
    ],
    [
      '{"input":[{"type":"web_search_call","action":{"query":5}}]}',
      `input[0]: ${field('number', 'ResponsesWebSearchAction.action.query', 'string')}`,
    ],
    [
      '{"tools":[{"parameters":{"properties":5}}]}',
      "failed to unmarshal tool parameters: Value looks like object, but can't find closing '}' symbol",
    ],
    [
      '{"tools":[{"type":"namespace","tools":[{"parameters":{"type":5}}]}]}',
      `failed to unmarshal tool parameters: ${field('number', 'ToolFunctionParameters.type', 'string')}`,
    ],
    [
      '{"reasoning":{"effort":"much"}}',
      'invalid reasoning value: "much" (must be "minimal", "low", "medium", "high", "xhigh", "ultra", "max", or "none")',
    ],
  ])('%s', (body, text) => {
    expect(refusal(body)).toBe(text);
  });

  test.each([
    ['{', 'unexpected end of JSON input'],
    [' ', 'unexpected end of JSON input'],
    ['{} x', "invalid character 'x' after top-level value"],
    ['[]', "Value looks like object, but can't find closing '}' symbol"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ])('arguments that are %j', (given, text) => {
    const input = [{ type: 'function_call', call_id: 'c', name: 'f', arguments: given }];
    expect(refusal({ input })).toBe(`failed to parse function call arguments: ${text}`);
  });

  test('tools that are too deep for recursion among them', () => {
    const nested = (before: string, after: string) =>
      `{"tools":[${before.repeat(3_000)}{}${after.repeat(3_000)}]}`;
    expect(refusal(nested('{"type":"namespace","tools":[', ']}'))).toBe('exceeded max depth');
    const schemas = nested('{"properties":{"a":', '}}')
      .replace('[', '[{"parameters":')
      .replace(/\]\}$/, '}]}');
    expect(refusal(schemas)).toBe('failed to unmarshal tool parameters: exceeded max depth');
  });

  test('never in other ways, whatever it is', () => {
    const names = fc.constantFrom(
      ...[
        'type',
        'role',
        'content',
        'text',
        'image_url',
        'call_id',
        'name',
        'arguments',
        'output',
        'summary',
      ],
      ...['encrypted_content', 'action', 'tools', 'parameters', 'format', 'schema', 'effort', 'properties'],
    );
    const types = ['message', 'function_call', 'function_call_output', 'reasoning', 'web_search_call'];
    const leaf = fc.oneof(
      fc.constantFrom(...types, 'input_text', 'input_image', 'namespace', 'user', 'assistant', '{}', ''),
      fc.jsonValue({ maxDepth: 1 }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(names, tie('value'), { maxKeys: 5 }),
      ),
    }));
    const fields = fc.constantFrom(
      'model',
      'input',
      'instructions',
      'tools',
      'text',
      'reasoning',
      'truncation',
    );
    fc.assert(
      fc.property(fc.dictionary(fields, value), (body) => {
        try {
          read(body);
        } catch (error) {
          expect(error).toBeInstanceOf(OllamaError);
        }
      }),
    );
  });
});

describe('an input', () => {
  const call = (call_id: string, name = 'f', given = '{"a":1}') => ({
    type: 'function_call',
    call_id,
    name,
    arguments: given,
  });
  const called = (id: string, name = 'f', given: object = { a: 1 }) => ({
    id,
    function: { index: 0, name, arguments: given },
  });
  const output = (call_id: string, given: unknown = 'ok') => ({
    type: 'function_call_output',
    call_id,
    output: given,
  });
  const thought = (text: string) => ({ type: 'reasoning', summary: [], encrypted_content: text });

  test('is a text of the user, or items, after the instructions', () => {
    const system = { role: 'system', content: 'Be short.' };
    expect(of({ instructions: 'Be short.' }).messages).toMatchObject([
      system,
      { role: 'user', content: 'hi' },
    ]);
    expect(of({ input: '' }).messages).toEqual([]);
    expect(of({ input: null }).messages).toEqual([]);
    expect(
      messages({ role: 'developer', content: 'a' }, { type: 'message', role: 'user', content: 'b' }),
    ).toMatchObject([
      { role: 'developer', content: 'a' },
      { role: 'user', content: 'b' },
    ]);
  });

  test('has the texts of a message as one, and its images beside them', () => {
    const content = [
      { type: 'input_text', text: 'a' },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
      { type: 'output_text', text: 'b', annotations: [] },
      { type: 'input_image', file_id: 'file_1' },
    ];
    expect(messages({ role: 'user', content })).toMatchObject([
      { role: 'user', content: 'ab', images: ['AAAA'] },
    ]);
    expect(messages(call('c'), output('c', content))?.[1]).toMatchObject({ content: 'ab', images: ['AAAA'] });
    const file = { role: 'user', content: [{ type: 'input_file', file_id: 'a' }] };
    expect(refusal({ input: [file] })).toBe('file inputs are not currently supported');
    const far = { role: 'user', content: [{ type: 'input_image', image_url: 'https://example.com/a.png' }] };
    expect(refusal({ input: [far] })).toMatch(/^image URLs are not currently supported/);
  });

  test('has the calls of one turn in one message, and what was thought before them', () => {
    expect(
      messages(thought('Hm.'), call('c'), call('d', 'g', ''), output('c'), output('d', null)),
    ).toMatchObject([
      { role: 'assistant', thinking: 'Hm.', tool_calls: [called('c'), called('d', 'g', {})] },
      { role: 'tool', content: 'ok', tool_call_id: 'c' },
      { role: 'tool', content: '', tool_call_id: 'd' },
    ]);
    expect(messages({ role: 'assistant', content: 'Well.' }, call('c'))).toMatchObject([
      { role: 'assistant', content: 'Well.', tool_calls: [called('c')] },
    ]);
  });

  test('has what was said between a call and its output before the output, in the message that calls', () => {
    const said = { role: 'assistant', content: 'Well.' };
    expect(messages(call('c'), thought('Hm.'), said, output('c'))).toMatchObject([
      { role: 'assistant', content: 'Well.', thinking: 'Hm.', tool_calls: [called('c')] },
      { role: 'tool' },
    ]);
    // What comes of another call does not belong to it.
    expect(messages(call('c'), said, output('d'))?.map(({ role }) => role)).toEqual([
      'assistant',
      'assistant',
      'tool',
    ]);
  });

  test('may end with a thought, and remembers searches in what was said after them', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' };
    expect(messages(search, { role: 'user', content: 'a' }, thought('Hm.'))).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: '', thinking: 'Hm.' },
    ]);
  });
});

describe('options', () => {
  test.each([
    [{}, { temperature: 1 }],
    [
      { temperature: 0, top_p: 0.5, max_output_tokens: 7 },
      { temperature: 0, top_p: 0.5, num_predict: 7 },
    ],
    [
      { options: { top_k: 3, temperature: 0.2 }, num_ctx: 8192 },
      { temperature: 0.2, top_k: 3, num_ctx: 8192 },
    ],
    [{ num_ctx: 'x', options: [] }, { temperature: 1 }],
  ])('of %j', (more, options) => {
    expect(of(more).options).toEqual(options);
  });

  test('that say whether a prompt may be cut', () => {
    expect(of({}).truncate).toBeUndefined();
    expect(of({ truncation: 'disabled' }).truncate).toBeUndefined();
    expect(of({ truncation: 'auto' }).truncate).toBe(true);
    expect(of({ truncate: false }).truncate).toBe(false);
  });

  test.each([
    [{}, undefined],
    [{ reasoning: { effort: 'none' } }, false],
    [{ reasoning: { effort: 'minimal' } }, 'low'],
    [{ reasoning: { effort: 'xhigh' } }, 'max'],
    [{ think: 'high' }, 'high'],
    [{ think: false, reasoning: { effort: 'high' } }, false],
  ])('of thinking: %j', (more, think) => {
    expect(of(more).think).toBe(think);
  });

  test('of the form of the answer', () => {
    const schema = { type: 'object', properties: { b: {}, a: {} } };
    expect(of({ text: { format: { type: 'json_schema', name: 'n', schema } } }).format).toBe(
      JSON.stringify(schema),
    );
    for (const text of [{}, { format: { type: 'text' } }, { format: { type: 'json_schema' } }])
      expect(of({ text }).format).toBeUndefined();
  });

  test('of tools: functions, namespaces of them, and a search', () => {
    const f = {
      type: 'function',
      name: 'f',
      description: null,
      strict: true,
      parameters: { type: 'object' },
    };
    const names = (tools: unknown, more: object = {}) =>
      of({ tools, ...more }).tools?.map((each) => each.function.name);
    expect(of({ tools: [f] }).tools).toMatchObject([
      { type: 'function', function: { name: 'f', description: '', parameters: { type: 'object' } } },
    ]);
    const inner = { type: 'namespace', name: 'inner', tools: [f] };
    const outer = { type: 'namespace', name: 'outer', tools: [f, { ...f, name: 'outer.g' }, inner] };
    expect(names([outer, { ...outer, name: '' }])).toEqual([
      'outer.f',
      'outer.g',
      'outer.inner.f',
      'f',
      'outer.g',
      'inner.f',
    ]);
    expect(names([{ type: 'namespace', name: 'none' }])).toEqual([]);
    // The search takes the name for itself.
    const own = { ...f, name: 'web_search' };
    expect(names([own, { type: 'web_search' }, f])).toEqual(['web_search', 'f']);
    expect(names([own])).toEqual(['web_search']);
    expect(names([f], { tool_choice: 'none' })).toBeUndefined();
  });
});
