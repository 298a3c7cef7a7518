/** A prompt that is longer than every context: it is refused or cut, as the caller likes, and whoever reads the answer is told, whatever kind of prompt it was. */
import { describe, expect, it } from 'vitest';
import { TestApp } from './test-app.ts';

const TEXT = 'smollm:360m';
/** Trained for more than the 4,096 tokens that the tests' server gives where nobody asks. */
const ROOMY = 'qwen2.5:0.5b';
const EMBEDDING = 'all-minilm';
/** Too long for the model, and by its text sure to be; and too long by so little that only its server can tell. */
const FAR = 'word '.repeat(4_000);
const A_LITTLE: Readonly<Record<string, string>> = {
  [TEXT]: 'word '.repeat(2_000),
  [EMBEDDING]: 'word '.repeat(600),
};
const short = { maxTokens: 4 };
const said = (role: string, content: string) => ({ role, content });

const PROMPTS: readonly [what: string, model: string, request: (long: string) => object][] = [
  ['a prompt', TEXT, (long) => ({ generate: { prompt: long } })],
  ['a raw prompt', TEXT, (long) => ({ generate: { prompt: long, raw: true } })],
  ['the system message of a prompt', TEXT, (long) => ({ generate: { prompt: 'hi', system: long } })],
  [
    'a conversation that could do without its oldest messages',
    TEXT,
    (long) => ({ chat: { messages: [said('USER', long), said('ASSISTANT', 'ho'), said('USER', 'why?')] } }),
  ],
  ['a conversation of one message', TEXT, (long) => ({ chat: { messages: [said('USER', long)] } })],
  ['a text to embed', EMBEDDING, (long) => ({ embed: { input: [long] } })],
  ['one of several texts to embed', EMBEDDING, (long) => ({ embed: { input: ['hi', long, 'ho'] } })],
];

/** With further fields of the request, whatever its kind. */
function withFields(request: object, fields: object): object {
  return Object.fromEntries(Object.entries(request).map(([kind, value]) => [kind, { ...value, ...fields }]));
}

const RESULT = `{ job(id: $id) { status failure { code message } attempts { failure { code } } result { __typename
  ... on TextResult { truncated contextLength } ... on EmbedResult { truncated contextLength } } } }`;

async function outcomeOf(t: TestApp, model: string, request: object) {
  const { job, code, message } = await t.submit({ model, request, maxAttempts: 1 });
  if (!job) return { status: 'REFUSED', failure: { code, message }, result: null };
  await t.ended(job.id);
  return (await t.query(`query ($id: ID!) ${RESULT}`, { id: job.id })).job;
}

describe.each(['llama-server', 'classic'] as const)('a prompt longer than every context (%s)', (regime) => {
  it('is told from one that fits, is cut where that was asked for, else refused, and is counted', async () => {
    await using t = await TestApp.start({ ollama: { regime } });
    for (const [what, model, requestOf] of PROMPTS) {
      const options = model === TEXT ? { options: short } : {};
      const told = async (text: string, more: object = {}) => {
        const request = withFields(requestOf(text), { ...options, ...more });
        const { status, failure, result } = await outcomeOf(t, model, request);
        return [what, status, failure?.code ?? null, result?.truncated ?? null];
      };
      const whole = [what, 'COMPLETE', null, false];
      const cut = [what, 'COMPLETE', null, true];
      const ended = (status: string) => [what, status, 'CONTEXT_LENGTH_EXCEEDED', null];
      const little = A_LITTLE[model] ?? '';
      expect(await told('hi')).toEqual(whole);
      expect(await told('hi', { truncate: false })).toEqual(whole);
      expect(await told(FAR, { truncate: true })).toEqual(cut);
      expect(await told(little, { truncate: true })).toEqual(cut);
      expect(await told(FAR, { truncate: false })).toEqual(ended('REFUSED'));
      expect(await told(little, { truncate: false })).toEqual(ended('FAILED'));
      // Who embeds relies on texts being cut.
      const isEmbedding = model === EMBEDDING;
      expect(await told(FAR)).toEqual(isEmbedding ? cut : ended('REFUSED'));
      expect(await told(little)).toEqual(isEmbedding ? cut : ended('FAILED'));
    }
    const { stats } = await t.query('{ stats { truncatedPrompts } }');
    const embedding = PROMPTS.filter(([, model]) => model === EMBEDDING);
    expect(stats.truncatedPrompts).toBe(2 * PROMPTS.length + 2 * embedding.length);
  });
});

describe('a context that was asked for', () => {
  const request = (contextLength: number, more: object = {}) => ({
    generate: { prompt: FAR, options: { ...short, contextLength }, ...more },
  });

  it('is the one that a prompt is measured by, and cut to, with the model being able to more', async () => {
    await using t = await TestApp.start();
    const { failure, attempts } = await outcomeOf(t, ROOMY, request(4_096));
    expect(failure).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' });
    expect(failure.message).toMatch(/contextLength/);
    expect(attempts).toHaveLength(1);
    const { result: cut } = await outcomeOf(t, ROOMY, request(4_096, { truncate: true }));
    expect(cut).toMatchObject({ truncated: true, contextLength: 4_096 });
    const { result: whole } = await outcomeOf(t, ROOMY, request(8_192));
    expect(whole).toMatchObject({ truncated: false, contextLength: 8_192 });
  });

  it('by the configuration likewise', async () => {
    const models = { [ROOMY]: { contextLength: 4_096, parallel: null, keepAliveMs: null } };
    await using t = await TestApp.start({ config: { models } });
    const { status, failure } = await outcomeOf(t, ROOMY, { generate: { prompt: FAR, options: short } });
    expect([status, failure.code]).toEqual(['FAILED', 'CONTEXT_LENGTH_EXCEEDED']);
  });

  it('that is too small costs no reload', async () => {
    await using t = await TestApp.start();
    await outcomeOf(t, ROOMY, request(4_096));
    expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
  });
});
