/** A prompt that is longer than the context: whoever reads the answer is told, whatever kind of prompt it was. */
import { describe, expect, it } from 'vitest';
import { TestApp } from './test-app.ts';

const LONG = 'word '.repeat(4_000);
const TEXT = 'smollm:360m';
/** Trained for more than the 4,096 tokens that the tests' server gives where nobody asks. */
const ROOMY = 'qwen2.5:0.5b';
const EMBEDDING = 'all-minilm';
const short = { maxTokens: 4 };
const said = (role: string, content: string) => ({ role, content });

const PROMPTS: readonly [what: string, model: string, fits: object, tooLong: object][] = [
  ['a prompt', TEXT, { generate: { prompt: 'hi' } }, { generate: { prompt: LONG } }],
  [
    'a raw prompt',
    TEXT,
    { generate: { prompt: 'hi', raw: true } },
    { generate: { prompt: LONG, raw: true } },
  ],
  [
    'the system message of a prompt',
    TEXT,
    { generate: { prompt: 'hi', system: 'Be brief.' } },
    { generate: { prompt: 'hi', system: LONG } },
  ],
  [
    'a conversation that could do without its oldest messages',
    TEXT,
    { chat: { messages: [said('USER', 'hi'), said('ASSISTANT', 'ho'), said('USER', 'why?')] } },
    { chat: { messages: [said('USER', LONG), said('ASSISTANT', 'ho'), said('USER', 'why?')] } },
  ],
  [
    'a conversation of one message',
    TEXT,
    { chat: { messages: [said('USER', 'hi')] } },
    { chat: { messages: [said('USER', LONG)] } },
  ],
  ['a text to embed', EMBEDDING, { embed: { input: ['hi'] } }, { embed: { input: [LONG] } }],
  [
    'one of several texts to embed',
    EMBEDDING,
    { embed: { input: ['hi', 'word '.repeat(200)] } },
    { embed: { input: ['hi', LONG, 'ho'] } },
  ],
];

/** With further fields of the request, whatever its kind. */
function withFields(request: object, fields: object): object {
  return Object.fromEntries(Object.entries(request).map(([kind, value]) => [kind, { ...value, ...fields }]));
}

const RESULT = `{ job(id: $id) { status failure { code message } result { __typename
  ... on TextResult { truncated contextLength } ... on EmbedResult { truncated contextLength } } } }`;

async function outcomeOf(t: TestApp, model: string, request: object) {
  const { job } = await t.submit({ model, request, maxAttempts: 1 });
  await t.ended(job.id);
  return (await t.query(`query ($id: ID!) ${RESULT}`, { id: job.id })).job;
}

describe.each(['llama-server', 'classic'] as const)('a prompt longer than the context (%s)', (regime) => {
  it('is told from one that fits, is refused where it may not be cut, and is counted', async () => {
    await using t = await TestApp.start({ ollama: { regime } });
    for (const [what, model, fits, tooLong] of PROMPTS) {
      const options = model === TEXT ? { options: short } : {};
      const told = async (request: object, more: object = {}) => {
        const { status, failure, result } = await outcomeOf(
          t,
          model,
          withFields(request, { ...options, ...more }),
        );
        return [what, status, failure?.code ?? null, result?.truncated ?? null];
      };
      expect(await told(fits)).toEqual([what, 'COMPLETE', null, false]);
      expect(await told(fits, { truncate: false })).toEqual([what, 'COMPLETE', null, false]);
      expect(await told(tooLong)).toEqual([what, 'COMPLETE', null, true]);
      expect(await told(tooLong, { truncate: true })).toEqual([what, 'COMPLETE', null, true]);
      expect(await told(tooLong, { truncate: false })).toEqual([what, 'FAILED', 'REQUEST_REJECTED', null]);
    }
    const { stats } = await t.query('{ stats { truncatedPrompts } }');
    expect(stats.truncatedPrompts).toBe(2 * PROMPTS.length);
  });
});

describe('a prompt that was cut', () => {
  it('is told with the context that it was cut to, and a larger one cuts it no more', async () => {
    await using t = await TestApp.start();
    const request = (contextLength?: number) => ({
      generate: { prompt: LONG, options: { ...short, ...(contextLength && { contextLength }) } },
    });
    const { result: cut } = await outcomeOf(t, ROOMY, request());
    const { result: whole } = await outcomeOf(t, ROOMY, request(8_192));
    expect(cut).toMatchObject({ truncated: true, contextLength: 4_096 });
    expect(whole).toMatchObject({ truncated: false, contextLength: 8_192 });
  });

  it('that is refused costs no attempt more, and no reload', async () => {
    await using t = await TestApp.start();
    const { failure } = await outcomeOf(t, TEXT, { generate: { prompt: LONG, truncate: false } });
    expect(failure.message).toMatch(/contextLength/);
    expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
  });
});
