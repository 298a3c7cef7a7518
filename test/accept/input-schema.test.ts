/** What is mended, and what is refused with words, of a job's input. */
import { describe, expect, test } from 'vitest';
import { submitJobSchema } from '../../src/accept/input-schema.ts';
import { imageProblem } from '../../src/kinds/images.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const base64 = (latin1: string) => Buffer.from(latin1.padEnd(40, '\0'), 'latin1').toString('base64');

describe('an image', () => {
  test.each([
    ['PNG', PNG],
    ['JPEG', base64('\xff\xd8\xff\xe0')],
    ['WebP', base64('RIFF\0\0\0\0WEBPVP8 ')],
    ['GIF', base64('GIF89a')],
    ['BMP', base64('BM')],
    ['broken into lines', PNG.replace(/(.{20})/g, '$1\r\n')],
    ['with blanks around it', ` ${PNG}\n`],
    ['without padding', PNG.replace(/=+$/, '')],
    ['as a data: URL', `data:image/png;base64,${PNG}`],
    ['as a data: URL with parameters, in capitals', `DATA:image/png;name=a.png;BASE64,${PNG}`],
  ])('is taken: %s', (_what, image) => {
    expect(imageProblem(image)).toBeNull();
  });

  test.each([
    ['nothing', '', /empty/],
    ['blanks', ' \n', /empty/],
    ['an empty data: URL', 'data:image/png;base64,', /empty/],
    ['text that is no base64', 'hello, world', /not base64/],
    ['too little for a byte', 'A', /not base64/],
    ['base64 of the other alphabet', PNG.replaceAll('+', '-').replace(/.$/, '_'), /not base64/],
    ['a data: URL that is not base64', 'data:image/svg+xml,%3Csvg%3E', /data: URL/],
    ['an address', 'https://example.com/cat.png', /address/],
    ['a text file', base64('Dear all, this is no picture.'), /no image/],
    ['a PDF', base64('%PDF-1.7'), /no image/],
    ['an SVG', base64('<svg xmlns="http://www.w3.org/2000/svg">'), /no image/],
  ])('is refused with words: %s', (_what, image, words) => {
    expect(imageProblem(image)).toMatch(words);
  });
});

const job = (more: object = {}, options: object = {}) => ({
  model: 'llama3',
  request: { generate: { prompt: 'Why?', options } },
  ...more,
});

const problems = (input: unknown) =>
  (submitJobSchema.safeParse(input).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );

describe('the names of extra options', () => {
  test.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf'])(
    'may be those of built-ins: %s is passed like any other that nobody knows',
    (name) => {
      expect(problems(job({}, { extra: JSON.parse(`{"${name}": 1}`) }))).toEqual([]);
    },
  );

  test.each(['__proto__', '', ' ', 'a b', 'é', 'x'.repeat(65), '\ud800'])(
    'are names of options: not %j',
    (name) => {
      const extra: object = JSON.parse(
        JSON.stringify({ [name]: 1, ...JSON.parse(`{${JSON.stringify(name)}: 1}`) }),
      );
      expect(problems(job({}, { extra })).join()).toMatch(/no name of an option/);
    },
  );

  test.each(['num_predict', 'seed', 'temperature', 'num_ctx'])('are not those of a field: %s', (name) => {
    expect(problems(job({}, { extra: { [name]: 1 } })).join()).toMatch(/belongs in options\./);
  });
});

describe('counts', () => {
  test.each([0, -3, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, '3', null].map((value) => [value]))(
    'are natural numbers: %s',
    (value) => {
      const found = [
        ...problems(job({}, { maxTokens: value })),
        ...problems(job({}, { contextLength: value })),
        ...problems(job({ maxAttempts: value })),
        ...problems(job({ request: { embed: { input: ['a'], dimensions: value } } })),
      ];
      // Null is the same as nothing.
      expect(new Set(found.map((problem) => problem.split(' ')[0])).size).toBe(value === null ? 0 : 4);
    },
  );
});

describe('what clients send for options', () => {
  const taken = (options: object) => submitJobSchema.parse(job({}, options)).request.options;

  test.each([
    ['a seed of 53 bits', { seed: 2 ** 53 - 1 }, { seed: 2 ** 53 - 1 }],
    ['a seed below nothing', { seed: -1 }, { seed: -1 }],
    ['no limit of tokens', { maxTokens: -1 }, { maxTokens: -1 }],
    ['tokens until the context is full', { maxTokens: -2 }, { maxTokens: -2 }],
    ['more tokens than 32 bits count', { maxTokens: 2 ** 40 }, { maxTokens: 2 ** 40 }],
    ['one stop text', { extra: { stop: 'END' } }, { extra: { stop: ['END'] } }],
    ['stop texts', { extra: { stop: ['a', 'b'] } }, { extra: { stop: ['a', 'b'] } }],
    ['stop texts with an empty one', { extra: { stop: ['', 'b'] } }, { extra: { stop: ['b'] } }],
    ['an empty stop text', { extra: { stop: '' } }, { extra: { stop: [] } }],
    [
      'nothing for an option',
      { extra: { top_k: null, stop: null, odd: null, top_p: 1 } },
      { extra: { top_p: 1 } },
    ],
    ['a whole number written as 40.0', { extra: { top_k: 40.0 } }, { extra: { top_k: 40 } }],
    [
      'a count below nothing',
      { extra: { num_keep: -1, repeat_last_n: -1 } },
      { extra: { num_keep: -1, repeat_last_n: -1 } },
    ],
  ])('is taken or mended: %s', (_, options, kept) => {
    expect(taken(options)).toEqual(kept);
  });

  test.each([
    ['no tokens at all', { maxTokens: 0 }, /maxTokens must be at least 1, or -1/],
    ['fewer tokens than none', { maxTokens: -3 }, /maxTokens must be at least 1, or -1/],
    ['a seed beyond what JSON bears', { seed: 2 ** 53 }, /seed /],
    [
      'a number of more than 32 bits',
      { extra: { top_k: 2 ** 31 } },
      /top_k must be a whole number of at most 32 bits/,
    ],
    [
      'a field of the request',
      { extra: { truncate: false } },
      /truncate is no option: give it beside options/,
    ],
    ['what reloads the model', { extra: { num_gpu: 1 } }, /num_gpu is decided by the server/],
    ['a wish of the request', { extra: { shift: false } }, /shift is no option: give it beside options/],
    ['how long the model stays', { extra: { keep_alive: 0 } }, /keep_alive is decided by the server/],
    ['a fraction', { extra: { num_keep: 1.5 } }, /num_keep must be a whole number/],
    ['a number as text', { extra: { top_k: '40' } }, /top_k must be a whole number/],
    ['stop as a number', { extra: { stop: 1 } }, /stop must be a list of strings/],
    ['stops that are no texts', { extra: { stop: ['a', 1] } }, /stop must be a list of strings/],
  ])('is refused with words: %s', (_, options, words) => {
    expect(problems(job({}, options)).join()).toMatch(words);
  });
});

describe('what a server would leave out without a word', () => {
  const generate = (fields: object) =>
    problems({ model: 'm', request: { generate: { prompt: 'x', ...fields } } });

  test.each([
    [{ raw: true, system: 's' }, /generate\.system cannot go with raw/],
    [{ raw: true, suffix: 's' }, /generate\.suffix cannot go with raw/],
    [{ suffix: 'x', system: 's' }, /generate\.system cannot go with suffix/],
  ])('is refused with words: %j', (fields, words) => {
    expect(generate(fields).join()).toMatch(words);
  });

  test.each([{ raw: false, system: 's' }, { raw: true, system: '' }, { system: 's' }, { suffix: 's' }])(
    'is taken where it is not: %j',
    (fields) => {
      expect(generate(fields)).toEqual([]);
    },
  );
});

describe('half of a surrogate pair', () => {
  test('is replaced in content, as it would be on its way to the model', () => {
    const parsed = submitJobSchema.parse({
      model: 'llama3',
      request: { chat: { messages: [{ role: 'USER', content: 'a\ud800b' }] } },
    });
    expect(parsed.request).toMatchObject({ messages: [{ content: 'a\ufffdb' }] });
    expect(
      submitJobSchema.parse(job({ request: { generate: { prompt: '🂡\udfff' } } })).request,
    ).toMatchObject({
      prompt: '🂡\ufffd',
    });
  });

  test.each([
    ['model', { model: 'lla\ud800ma' }],
    ['idempotencyKey', { idempotencyKey: '\udc00' }],
    ['labels.0.key', { labels: [{ key: '\ud800', value: '' }] }],
    ['labels.0.value', { labels: [{ key: 'a', value: '\ud800' }] }],
    ['labels.0.value', { labels: [{ key: 'a', value: '\0' }] }],
  ])('is refused in names: %s', (path, more) => {
    expect(problems(job(more))).toEqual([expect.stringContaining(`${path} must be text`)]);
  });
});
