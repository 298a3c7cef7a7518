import { describe, expect, test } from 'vitest';
import { badBase64At } from '../../src/ollama-api/base64.ts';
import { OllamaError } from '../../src/ollama-api/errors.ts';
import { decodeBody } from '../../src/ollama-api/go-decode.ts';
import { stringifyGo } from '../../src/ollama-api/go-json.ts';
import { quoteGo } from '../../src/ollama-api/go-quote.ts';
import {
  CHAT_REQUEST,
  CREATE_REQUEST,
  EMBED_REQUEST,
  GENERATE_REQUEST,
} from '../../src/ollama-api/request-shapes.ts';
import { nested } from '../support/nested.ts';

const chat = (body: string) => decodeBody('ChatRequest', CHAT_REQUEST, body);
const generate = (body: string) => decodeBody('GenerateRequest', GENERATE_REQUEST, body);

function refusal(decode: () => unknown): string {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(OllamaError);
    expect((error as OllamaError).status).toBe(400);
    return (error as OllamaError).message;
  }
  return expect.fail('was taken');
}

const field = (value: string, name: string, type: string) =>
  `json: cannot unmarshal ${value} into Go struct field ${name} of type ${type}`;
const called = (given: string) =>
  `{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":${given}}}]}]}`;
const offering = (parameters: string) => `{"tools":[{"function":{"name":"f","parameters":${parameters}}}]}`;
const NO_OBJECT = "Value looks like object, but can't find closing '}' symbol";
const PROPERTIES = 'ToolFunctionParameters.tools.function.parameters.properties';

describe('a value of the wrong type', () => {
  test.each([
    ['{"model":5}', field('number', 'ChatRequest.model', 'string')],
    ['{"MODEL":true}', field('bool', 'ChatRequest.model', 'string')],
    ['{"stream":"yes"}', field('string', 'ChatRequest.stream', 'bool')],
    ['{"options":[]}', field('array', 'ChatRequest.options', 'map[string]interface {}')],
    ['{"options":{"seed":1e400}}', field('number 1e400', 'ChatRequest.options', 'float64')],
    ['{"messages":{}}', field('object', 'ChatRequest.messages', '[]api.Message')],
    ['{"messages":[5]}', field('number', 'ChatRequest.messages', 'api.Alias')],
    ['{"messages":[{"content":[]}]}', field('array', 'ChatRequest.messages.content', 'string')],
    ['{"messages":[{"images":["a"]}]}', 'illegal base64 data at input byte 0'],
    ['{"messages":[{"images":[5]}]}', field('number', 'ChatRequest.messages.images', 'api.ImageData')],
    ['{"messages":[{"images":[["x"]]}]}', field('string', 'ChatRequest.messages.images', 'uint8')],
    ['{"messages":[{"images":[[300]]}]}', field('number 300', 'ChatRequest.messages.images', 'uint8')],
    ['{"keep_alive":true}', "Unsupported type: 'bool'"],
    ['{"keep_alive":"\\u0001"}', 'time: invalid duration "\\x01"'],
    [
      '{"think":"much"}',
      'invalid think value: "much" (must be "high", "medium", "low", "max", true, or false)',
    ],
    ['[]', 'json: cannot unmarshal array into Go value of type api.ChatRequest'],
    // A type that decodes itself ends the decoding; what was wrong before it is not told.
    ['{"model":5,"keep_alive":"x"}', 'time: invalid duration "x"'],
    ['{"model":5,"stream":5}', field('number', 'ChatRequest.model', 'string')],
  ])('%s', (body, text) => {
    expect(refusal(() => chat(body))).toBe(text);
  });

  test.each(['1e30', '1.5', '1.0', '1E2', '9223372036854775808', '-9223372036854775809'])(
    '%s is no integer',
    (number) => {
      const text = (name: string) => field(`number ${number}`, name, 'int');
      expect(refusal(() => generate(`{"top_logprobs":${number}}`))).toBe(
        text('GenerateRequest.top_logprobs'),
      );
      expect(refusal(() => generate(`{"context":[${number}]}`))).toBe(text('GenerateRequest.context'));
      expect(refusal(() => decodeBody('EmbedRequest', EMBED_REQUEST, `{"dimensions":${number}}`))).toBe(
        text('EmbedRequest.dimensions'),
      );
    },
  );

  test.each(['-0', '0', '9223372036854775807', '-9223372036854775808'])('%s is one', (number) => {
    expect(generate(`{"top_logprobs":${number}}`).top_logprobs).toBe(Number(number));
  });
});

test('a license may be anything but a number that is too large', () => {
  const create = (license: string) =>
    decodeBody('CreateRequest', CREATE_REQUEST, `{"license":${license}}`).license;
  expect(create('[ "a" ]')).toBe('[ "a" ]');
  expect(refusal(() => create('[1e400]'))).toBe(field('number 1e400', 'CreateRequest.license', 'float64'));
});

describe('tools', () => {
  test.each(['"{}"', '5', '[]', 'true'])('arguments %s are no object', (given) => {
    expect(refusal(() => chat(called(given)))).toBe(NO_OBJECT);
  });

  test('arguments keep what they hold', () => {
    const { messages } = chat(called('{"b":1,"a":{"x":[null]}}'));
    expect(messages?.[0]?.tool_calls?.[0]?.function.arguments).toEqual({ b: 1, a: { x: [null] } });
  });

  test.each([
    ['5', field('number', 'ToolFunction.tools.function.parameters', 'api.ToolFunctionParameters')],
    ['{"type":5}', field('number', 'ToolFunctionParameters.tools.function.parameters.type', 'string')],
    [
      '{"required":[5]}',
      field('number', 'ToolFunctionParameters.tools.function.parameters.required', 'string'),
    ],
    ['{"properties":5}', NO_OBJECT],
    ['{"properties":{"a":5}}', field('number', PROPERTIES, 'api.ToolProperty')],
    ['{"properties":{"a":{"type":5}}}', field('number', `${PROPERTIES}.type`, '[]string')],
    ['{"properties":{"a":{"type":[5]}}}', field('number', `${PROPERTIES}.type`, 'string')],
    ['{"properties":{"a":{"enum":5}}}', field('number', `${PROPERTIES}.enum`, '[]interface {}')],
    [
      '{"properties":{"a":{"properties":{"b":{"type":5}}}}}',
      field('number', `${PROPERTIES}.properties.type`, '[]string'),
    ],
    ['{"properties":{"a":{"anyOf":[{"type":5}]}}}', field('number', `${PROPERTIES}.anyOf.type`, '[]string')],
  ])('parameters %s are refused', (parameters, text) => {
    expect(refusal(() => chat(offering(parameters)))).toBe(text);
  });

  test('parameters come as they were sent, with what Ollama does not know of schemas', () => {
    const parameters = {
      type: 'object',
      properties: { a: { type: ['string', 'null'], minLength: 3 } },
      additionalProperties: false,
    };
    expect(chat(offering(JSON.stringify(parameters))).tools?.[0]?.function.parameters).toEqual(parameters);
  });
});

describe('a text that is no JSON', () => {
  test.each([
    ['', 'missing request body'],
    [' \n', 'missing request body'],
    ['{', 'unexpected EOF'],
    ['{"a":\u0001}', "invalid character '\\x01' looking for beginning of value"],
    ['{"a":"\n"}', "invalid character '\\n' in string literal"],
    ['{"a":\u007f}', "invalid character '\\x7f' looking for beginning of value"],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
  ])('%j', (body, text) => {
    expect(refusal(() => chat(body))).toBe(text);
  });

  test('what follows the first value is not looked at', () => {
    expect(chat('{"model":"a"} and more').model).toBe('a');
  });
});

describe('nesting', () => {
  test.each(['objects', 'lists'] as const)('of 10,000 %s is the limit', (of) => {
    const open = of === 'lists' ? '[' : '{';
    const deep = (levels: number) =>
      of === 'lists'
        ? `${'['.repeat(levels)}${']'.repeat(levels)}`
        : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    expect(refusal(() => chat(`{"x":${deep(10_000)}}`))).toBe(
      `invalid character '${open}' exceeded max depth`,
    );
    for (const body of [
      `{"x":${deep(9_999)}}`,
      `{"format":${deep(9_999)}}`,
      `{"options":{"x":${deep(9_998)}}}`,
    ])
      expect(chat(body).model).toBe('');
    if (of === 'objects') expect(chat(called(deep(9_000))).messages).toHaveLength(1);
  });

  test('in tools is read by recursion, which has an end', () => {
    const properties = (levels: number) => `${'{"properties":{"a":'.repeat(levels)}{}${'}}'.repeat(levels)}`;
    expect(chat(offering(properties(400))).tools).toHaveLength(1);
    for (let again = 0; again < 2; again++)
      expect(refusal(() => chat(offering(properties(3_000))))).toBe('exceeded max depth');
    expect(chat(offering(properties(400))).tools).toHaveLength(1);
  });

  test('is written whatever its depth, as JSON.stringify writes less of it', () => {
    for (const of of ['objects', 'lists'] as const) {
      const text = stringifyGo(nested(9_000, of));
      expect(text).toBe(
        of === 'lists'
          ? `${'['.repeat(9_000)}1${']'.repeat(9_000)}`
          : `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`,
      );
    }
    const mixed = { a: [1, 'x', null, undefined], b: undefined, c: { d: nested(9_000) } };
    expect(stringifyGo(mixed).startsWith('{"a":[1,"x",null,null],"c":{"d":{"a":')).toBe(true);
  });
});

test('texts keep their characters; half a pair becomes the replacement character', () => {
  expect(chat('{"model":"\\u00e9\\ud83d\\ude00\\ud800\\\\\\"]}"}').model).toBe('é😀\ufffd\\"]}');
  expect(chat('{"m\\u006fdel":"a"}').model).toBe('a');
});

test('a later field of the same name counts, and null leaves what was there', () => {
  expect(chat('{"model":"a","Model":"b","model":null}').model).toBe('b');
});

test('a format comes as it was written', () => {
  const format = '{ "z": 1,\n "a": 2, "10": 3, "9": 4 }';
  expect(chat(`{"format":${format}}`).format).toBe(format);
});

test.each([
  ['a', 0],
  ['aa', 0],
  ['aaaaa', 4],
  ['aaa', 0],
  ['aaa=', undefined],
  ['aa==', undefined],
  ['aa=', 3],
  ['aa=a', 2],
  ['a===', 1],
  ['=aaa', 0],
  ['aaaa=', 4],
  ['aa\naa', undefined],
  ['aa=\n=', undefined],
  ['aaa=x', 4],
  ['aa%a', 2],
])('base64 %j is bad at %j', (text, at) => {
  expect(badBase64At(text)).toBe(at);
});

test.each([
  ['plain', '"plain"'],
  ['\u0001\u007f\u0085', '"\\x01\\x7f\\u0085"'],
  ['\n\t\r\u0007\u000b', '"\\n\\t\\r\\a\\v"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['é😀\u00a0\u200b', '"é😀\\u00a0\\u200b"'],
])('%j in quotes of Go', (text, quoted) => {
  expect(quoteGo(text)).toBe(quoted);
});

test('what a body may have is worked out for the first one, and not for each', () => {
  let looks = 0;
  const shape = new Proxy(CHAT_REQUEST, {
    ownKeys(fields) {
      looks += 1;
      return Reflect.ownKeys(fields);
    },
  });
  const first = decodeBody('ChatRequest', shape, '{"model":"a"}');
  const before = looks;
  expect(before).toBeGreaterThan(0);
  for (const model of ['b', 'c', 'd'])
    expect(decodeBody('ChatRequest', shape, `{"model":"${model}"}`)).toEqual({ ...first, model });
  expect(looks).toBe(before);
});
