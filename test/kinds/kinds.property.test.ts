/** What each kind of job says of itself holds for any request of it. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelInfo } from '../../src/domain/model.ts';
import type { ImageSource, JobKind, JobRequest } from '../../src/domain/request.ts';
import { modelProblems } from '../../src/kinds/capabilities.ts';
import { JOB_KINDS, kindOf, resultOf, specOf } from '../../src/kinds/kinds.ts';
import { requestSchema } from '../../src/kinds/read-request.ts';
import { CAPABILITIES } from '../../src/virtual-ollama/core/capability.ts';
import { TestApp } from '../app/test-app.ts';

const PNG = `${Buffer.from('\x89PNG\r\n\x1a\n', 'latin1').toString('base64')}`;

/** Texts with something in them, and without halves of characters. */
const prose = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).map((value) => `a${value}`);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const whole = fc.maxSafeInteger();
const options = maybe(
  fc.record({
    maxTokens: maybe(whole.filter((count) => count >= 1)),
    seed: maybe(whole),
    temperature: maybe(fc.double({ min: 0, max: 2, noNaN: true }).map(Math.abs)),
    extra: maybe(fc.constant({ top_k: 3, stop: ['a'] })),
  }),
);
const images = maybe(fc.array(fc.constant(PNG), { maxLength: 2 }));
const ofText = {
  options,
  truncate: maybe(fc.boolean()),
  format: maybe(fc.constantFrom('json', { type: 'object' })),
  think: maybe(fc.constantFrom('OFF', 'ON', 'LOW', 'MAX')),
  logprobs: maybe(fc.boolean()),
  topLogprobs: maybe(fc.integer({ min: 0, max: 20 })),
};

/** As the API's input has them. */
const INPUTS: Readonly<Record<JobKind, fc.Arbitrary<object>>> = {
  GENERATE: fc.record({
    ...ofText,
    prompt: prose,
    suffix: maybe(prose),
    template: maybe(prose),
    context: maybe(fc.array(fc.nat())),
    images,
  }),
  CHAT: fc.record({
    ...ofText,
    messages: fc.array(
      fc.record({
        role: fc.constantFrom('SYSTEM', 'USER', 'ASSISTANT', 'TOOL'),
        content: prose,
        thinking: maybe(prose),
        images,
        toolCalls: maybe(fc.constant([{ function: { name: 'f', arguments: {} } }])),
        toolName: maybe(prose),
        toolCallId: maybe(prose),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    tools: maybe(fc.array(fc.constant({ type: 'function', function: { name: 'f' } }), { maxLength: 2 })),
  }),
  EMBED: fc.record({
    options,
    input: fc.array(prose, { minLength: 1, maxLength: 3 }),
    truncate: maybe(fc.boolean()),
    dimensions: maybe(whole.filter((count) => count >= 1)),
  }),
};

type Request = JobRequest<ImageSource>;

function read(kind: JobKind, input: object): Request {
  return requestSchema.parse({ [kindOf(kind).field]: input }).request;
}

/** Without what is absent, as it is stored. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe.each(JOB_KINDS)('any request of %s', (kind) => {
  const holds = (property: (request: Request, input: object) => void) =>
    fc.assert(
      fc.property(INPUTS[kind], (input) => property(read(kind, input), input)),
      { numRuns: 200 },
    );

  test('is read with all that was said and nothing else, and read again it is the same', () => {
    holds((request, input) => {
      const { kind: ofKind, ...fields } = request;
      expect(ofKind).toBe(kind);
      const { options: said, ...others } = plain(input);
      const options = said && Object.keys(said).length > 0 ? said : undefined;
      expect(plain(fields)).toEqual(plain({ ...others, options }));
      expect(plain(read(kind, plain(fields)))).toEqual(plain(request));
    });
  });

  test('has a prompt for each context, in which its texts are', () => {
    holds((request) => {
      const prompts = specOf(request).prompts(request);
      expect(prompts.length).toBe(request.kind === 'EMBED' ? request.input.length : 1);
      const texts = prompts.flatMap((prompt) => prompt.texts).join('\n');
      const said =
        request.kind === 'EMBED'
          ? request.input
          : request.kind === 'CHAT'
            ? request.messages.map((one) => one.content)
            : [request.prompt, request.suffix ?? ''];
      for (const text of said) expect(texts).toContain(text);
    });
  });

  test('lacks nothing of a model that can do all, and no less of one that can do less', () => {
    const some = fc.subarray([...CAPABILITIES]);
    fc.assert(
      fc.property(INPUTS[kind], some, some, (input, few, more) => {
        const request = read(kind, input);
        const lacks = (able: readonly string[]) =>
          specOf(request)
            .lacks(request, (capability) => able.includes(capability))
            .map(({ path, what }) => `${path.join('.')}: ${what}`);
        expect(lacks(CAPABILITIES)).toEqual([]);
        if (few.includes('completion'))
          expect(lacks(few)).toEqual(expect.arrayContaining(lacks([...few, ...more])));
        else if (kind !== 'EMBED') expect(lacks(few)).toEqual([expect.stringContaining('use request.embed')]);
      }),
      { numRuns: 200 },
    );
  });

  test('names as lacking only what it has, and where in the input that is', () => {
    const info = { name: 'm:latest', capabilities: ['completion'] } as unknown as ModelInfo;
    holds((request, input) => {
      for (const { path, message } of modelProblems(info, request)) {
        const whole: unknown = { request: { [kindOf(kind).field]: input } };
        const found = path.reduce((inner, key) => (inner as Record<string, unknown>)?.[key], whole);
        expect(found).toBeTruthy();
        expect(path.length).toBeGreaterThan(2);
        expect(message).toMatch(/^m:latest .*\.$/);
      }
    });
  });
});

describe('the result', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const ASKED: Readonly<Record<JobKind, readonly [model: string, input: object]>> = {
    GENERATE: ['smollm:360m', { prompt: 'x', options: { maxTokens: 2 } }],
    CHAT: ['smollm:360m', { messages: [{ role: 'USER', content: 'x' }], options: { maxTokens: 2 } }],
    EMBED: ['all-minilm:latest', { input: ['x'] }],
  };
  const TYPES = { text: 'TextResult', embed: 'EmbedResult' } as const;

  test.each(JOB_KINDS)('of %s has the form that the kind says', async (kind) => {
    const [model, input] = ASKED[kind];
    const { job } = await app.submit({ model, request: { [kindOf(kind).field]: input } });
    const { status, result } = await app.ended(job.id);
    expect([status, result.__typename]).toEqual(['COMPLETE', TYPES[resultOf(kind)]]);
  });
});
