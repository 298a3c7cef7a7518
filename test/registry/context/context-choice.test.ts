import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContextLengthExceededError, PromptTooLongError } from '../../../src/domain/context-errors.ts';
import { parseQueueKey, type QueueKey, queueKey } from '../../../src/domain/queue-key.ts';
import type { JobRequest } from '../../../src/domain/request.ts';
import { ContextChoice } from '../../../src/registry/context/context-choice.ts';
import type { ContextRange } from '../../../src/registry/context/context-length.ts';

const MODEL = 'a:latest';
const PLAIN = queueKey({ model: MODEL, contextLength: null });
const chosen = (contextLength: number, shift?: boolean) =>
  queueKey({ model: MODEL, contextLength, chosen: true, shift });
/** About so many tokens, as long as nothing is learned. */
const text = (tokens: number) => 'abcdefg'.repeat(Math.floor(tokens / 2.2));
const generate = (tokens: number, more: object = {}): JobRequest => ({
  kind: 'GENERATE',
  prompt: text(tokens),
  ...more,
});

interface World {
  readonly range?: Partial<ContextRange> | null;
  /** The longest context that a card could hold. */
  readonly fits?: number;
}

function choice({ range = {}, fits = Number.POSITIVE_INFINITY }: World = {}) {
  return new ContextChoice({
    contextRange: () => range && { usual: 4_096, isFixed: false, most: 131_072, ...range },
    isTooLarge: (queue) => (parseQueueKey(queue).contextLength ?? 4_096) > fits,
  });
}

const refused = (
  contextLength: number,
  promptTokens: number | null,
  request: JobRequest = generate(9_000),
) => ({
  request,
  contextLength,
  error: new PromptTooLongError('Too long.', { promptTokens }),
});

describe('the context of a new job', () => {
  test.each([
    ['a short prompt waits where all do', generate(500), {}, PLAIN],
    ['one that leaves room for no answer does not', generate(3_900), {}, chosen(8_192)],
    ['a longer one gets the next size', generate(15_000), {}, chosen(16_384)],
    [
      'a long answer counts like a prompt',
      generate(500, { options: { maxTokens: 6_000 } }),
      {},
      chosen(8_192),
    ],
    ['an answer without end does not', generate(500, { options: { maxTokens: -1 } }), {}, PLAIN],
    ['nor one longer than any', generate(500, { options: { maxTokens: 10 ** 9 } }), {}, chosen(65_536)],
    ['it is never above what the model takes', generate(34_000), { range: { most: 40_960 } }, chosen(40_960)],
    [
      'nor above what a card holds',
      generate(10_000, { options: { maxTokens: 20_000 } }),
      { fits: 16_384 },
      chosen(16_384),
    ],
    ['a context of the configuration stays', generate(15_000), { range: { isFixed: true } }, PLAIN],
    ['a model that nobody knows yet has the usual', generate(15_000), { range: null }, PLAIN],
    [
      'what a server alone can tell is not refused',
      generate(40_000),
      { range: { most: 32_768 } },
      chosen(32_768),
    ],
    ['a model that fits nowhere is for others to refuse', generate(60_000), { fits: 1_000 }, PLAIN],
    ['what may be cut gets the largest', generate(400_000, { truncate: true }), {}, chosen(131_072)],
    [
      'texts to embed may be, unless that is forbidden',
      { kind: 'EMBED', input: ['hi', text(90_000)] },
      { range: { most: 8_192 } },
      chosen(8_192),
    ],
    ['texts to embed need no room together', { kind: 'EMBED', input: Array(9).fill(text(3_000)) }, {}, PLAIN],
  ] as const satisfies readonly (readonly [string, JobRequest, World, QueueKey])[])(
    '%s',
    (_what, request, world, queue) => {
      expect(choice(world).queueFor(PLAIN, request)).toBe(queue);
    },
  );

  test('counts conversations, their images and tools', () => {
    const say = (content: string, images?: readonly string[]) => ({ role: 'USER', content, images });
    const chat = (...messages: readonly object[]) => ({ kind: 'CHAT', messages }) as unknown as JobRequest;
    expect(choice().queueFor(PLAIN, chat(say('hi'), say('ho')))).toBe(PLAIN);
    expect(choice().queueFor(PLAIN, chat(say(text(3_000)), say(text(3_000))))).toBe(chosen(8_192));
    expect(choice().queueFor(PLAIN, chat(say('hi', ['a', 'b', 'c', 'd'])))).toBe(chosen(8_192));
    const tools = [{ type: 'function', function: { name: 'f', description: text(5_000) } }];
    expect(choice().queueFor(PLAIN, { ...chat(say('hi')), tools } as JobRequest)).toBe(chosen(8_192));
  });

  test('that was asked for is that one, and a wish for `shift` stays', () => {
    const asked = queueKey({ model: MODEL, contextLength: 2_048 });
    expect(choice().queueFor(asked, generate(15_000))).toBe(asked);
    const still = queueKey({ model: MODEL, contextLength: null, shift: false });
    expect(choice().queueFor(still, generate(15_000))).toBe(chosen(16_384, false));
  });

  test.each([
    ['the model', { range: { most: 32_768 } }, 32_768, /a:latest takes at most 32768/],
    ['the cards', { fits: 16_384 }, 16_384, /the GPUs can hold a:latest with at most 16384/],
  ] as const)(
    'is refused where the prompt is sure to be too long for %s',
    (_what, world, contextLength, message) => {
      for (const request of [
        generate(200_000),
        { kind: 'EMBED', input: [text(200_000)], truncate: false } as const,
      ]) {
        const refuse = () => choice(world).queueFor(PLAIN, request);
        expect(refuse).toThrow(ContextLengthExceededError);
        expect(refuse).toThrow(message);
        expect(refuse).toThrow(expect.objectContaining({ code: 'CONTEXT_LENGTH_EXCEEDED', contextLength }));
      }
    },
  );

  test('follows what the model makes of texts', () => {
    const contexts = choice();
    const request = generate(2_000);
    const usage = { promptTokens: 3_500, completionTokens: 1, evalDurationMs: 1, loadDurationMs: 0 };
    const result = { kind: 'text', doneReason: 'STOP', toolCalls: null, raw: {}, usage } as const;
    const prompt = (truncated: boolean) => ({ truncated, contextLength: 4_096 });
    const learn = (truncated: boolean) =>
      contexts.learn({ queue: PLAIN }, request, { ...result, prompt: prompt(truncated) });
    for (let n = 0; n < 20; n += 1) learn(true);
    expect(contexts.queueFor(PLAIN, request)).toBe(PLAIN);
    for (let n = 0; n < 20; n += 1) learn(false);
    expect(contexts.queueFor(PLAIN, request)).toBe(chosen(8_192));
  });
});

describe('a job whose prompt was refused', () => {
  test.each([
    ['goes on with the next size where nobody counted', PLAIN, refused(4_096, null), {}, chosen(8_192)],
    ['with what was counted and an answer', PLAIN, refused(4_096, 30_000), {}, chosen(32_768)],
    ['from a chosen context likewise', chosen(8_192), refused(8_192, null), {}, chosen(16_384)],
    ['above the context that it ran in, if that was larger', PLAIN, refused(8_192, null), {}, chosen(16_384)],
    ['above its own, if it was given less', chosen(16_384), refused(4_096, null), {}, chosen(32_768)],
    [
      'not where a context was asked for',
      queueKey({ model: MODEL, contextLength: 4_096 }),
      refused(4_096, null),
      {},
      null,
    ],
    ['nor where it is configured', PLAIN, refused(4_096, null), { range: { isFixed: true } }, null],
    ['nor where the model takes no more', chosen(131_072), refused(131_072, null), {}, null],
    ['nor where no card holds more', chosen(8_192), refused(8_192, null), { fits: 8_192 }, null],
    ['nor where no context would do', PLAIN, refused(4_096, 50_000), { fits: 32_768 }, null],
    [
      'but to be cut in the largest',
      PLAIN,
      refused(4_096, 50_000, generate(9, { truncate: true })),
      { fits: 32_768 },
      chosen(32_768),
    ],
  ] as const satisfies readonly (readonly [string, QueueKey, object, World, QueueKey | null])[])(
    '%s',
    (_what, queue, run, world, next) => {
      expect(choice(world).larger({ queue }, run)).toBe(next);
    },
  );

  test('comes to an end, whatever it is told', () => {
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: 512, max: 1 << 20 })),
        fc.integer({ min: 512, max: 1 << 20 }),
        fc.infiniteStream(fc.tuple(fc.integer({ min: 4, max: 1 << 20 }), fc.option(fc.nat(1 << 22)))),
        (most, fits, runs) => {
          const contexts = choice({ range: { most, usual: Math.min(4_096, most ?? 4_096) }, fits });
          let queue: QueueKey | null = PLAIN;
          let steps = 0;
          for (const [contextLength, promptTokens] of runs) {
            const next: QueueKey | null = contexts.larger({ queue }, refused(contextLength, promptTokens));
            if (next === null) break;
            const length = parseQueueKey(next).contextLength ?? 0;
            expect(length).toBeGreaterThan(parseQueueKey(queue).contextLength ?? 0);
            expect(length).toBeLessThanOrEqual(Math.min(most ?? Number.POSITIVE_INFINITY, fits));
            queue = next;
            steps += 1;
          }
          expect(steps).toBeLessThan(20);
        },
      ),
    );
  });
});
