/** Prompts that are longer than every context their model can have, in each API: refused in its own words, or cut where that was asked for. */
import { describe, expect, test } from 'vitest';
import { gatewayWorld } from './support/world.ts';

/** Trained for 2,048 tokens. */
const MODEL = 'smollm:360m';
const EMBEDDER = 'all-minilm';
/** A token of the virtual Ollama each. */
const words = (count: number) => 'word'.repeat(count);

/** Both are too long: of the first its text shows it, of the second only the server can tell. */
const PROMPTS = { 'at the door': words(60_000), 'by the server': words(3_000) };

type Body = Readonly<Record<string, unknown>>;

interface Api {
  readonly path: string;
  body(content: string): Body;
  readonly refusal: Body;
  /** How its programs say that a prompt may be cut. Absent: as Ollama's. */
  readonly mayCut?: Body;
}

const asked = (content: string) => ({ model: MODEL, messages: [{ role: 'user', content }] });

const OLLAMA_REFUSAL = { error: 'the input length exceeds the context length' };
const OPENAI_REFUSAL = {
  error: {
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    param: null,
    message: expect.any(String),
  },
};
const APIS: readonly Api[] = [
  { path: '/api/chat', body: asked, refusal: OLLAMA_REFUSAL },
  {
    path: '/api/generate',
    body: (prompt) => ({ model: MODEL, prompt, options: { num_predict: 4 } }),
    refusal: OLLAMA_REFUSAL,
  },
  {
    path: '/v1/chat/completions',
    body: (content) => ({ ...asked(content), max_tokens: 4 }),
    refusal: OPENAI_REFUSAL,
  },
  {
    path: '/v1/responses',
    body: (input) => ({ model: MODEL, input, max_output_tokens: 4 }),
    refusal: OPENAI_REFUSAL,
    mayCut: { truncation: 'auto' },
  },
  {
    path: '/v1/messages',
    body: (content) => ({ ...asked(content), max_tokens: 4 }),
    refusal: {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: expect.stringMatching(/^prompt is too long.*context_length_exceeded/),
      },
    },
  },
];

const post = (url: string, body: Body) => fetch(url, { method: 'POST', body: JSON.stringify(body) });
const isCut = ({ headers }: Response) => headers.get('x-prompt-truncated');

describe.each(['llama-server', 'classic'] as const)('a prompt that is too long (%s)', (regime) => {
  test.each(APIS)(
    '$path refuses it, or cuts it where that was asked for',
    async ({ path, body, refusal, mayCut = { truncate: true } }) => {
      await using t = await gatewayWorld({ ollama: { regime } });
      const url = `${t.url}${path}`;
      for (const stream of [false, true])
        for (const prompt of Object.values(PROMPTS)) {
          const refused = await post(url, { ...body(prompt), stream });
          expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining(refusal)]);
          expect(isCut(refused)).toBeNull();
          const cut = await post(url, { ...body(prompt), stream, ...mayCut });
          expect([cut.status, isCut(cut)]).toEqual([200, 'true']);
          await cut.text();
          const whole = await post(url, { ...body('Hi.'), stream, ...mayCut });
          expect([whole.status, isCut(whole)]).toEqual([200, null]);
          await whole.text();
        }
    },
  );
});

test('a text to embed is cut, and that is said, unless it is forbidden', async () => {
  await using t = await gatewayWorld();
  const url = `${t.url}/api/embed`;
  const cut = await post(url, { model: EMBEDDER, input: words(2_000) });
  expect([cut.status, isCut(cut)]).toEqual([200, 'true']);
  const refused = await post(url, { model: EMBEDDER, input: words(2_000), truncate: false });
  expect([refused.status, await refused.json()]).toEqual([400, OLLAMA_REFUSAL]);
});
