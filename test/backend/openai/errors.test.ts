/** What servers of OpenAI's API say when they refuse, in their own words, and what is made of it. */
import { describe, expect, test } from 'vitest';
import { refusal } from '../../../src/backend/openai/errors.ts';

const of = (status: number | null, body: object) =>
  refusal({ url: 'http://rig', path: '/v1/chat/completions', status, body: JSON.stringify(body) });

describe('a prompt that is too long is known', () => {
  test.each([
    [
      'llama.cpp',
      400,
      {
        error: {
          message: 'request (3031 tokens) exceeds',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 3031,
        },
      },
      3031,
    ],
    [
      'llama.cpp, of a batch',
      500,
      { error: { message: 'input (700 tokens) is too large to process. increase the physical batch size' } },
      null,
    ],
    [
      'vLLM',
      400,
      {
        error: {
          message: "This model's maximum context length is 100 tokens. However, your request has 150",
        },
      },
      null,
    ],
    [
      'vLLM, newer',
      400,
      {
        error: { message: 'The decoder prompt (length 150) is longer than the maximum model length of 100.' },
      },
      null,
    ],
    [
      'SGLang',
      400,
      { message: "The input (150 tokens) is longer than the model's context length (100 tokens)." },
      null,
    ],
    [
      'LM Studio',
      400,
      { error: 'Trying to keep the first 150 tokens when the context length of only 100 tokens' },
      null,
    ],
  ])('of %s', (_, status, body, promptTokens) => {
    expect(of(status, body)).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', remedy: 'none', promptTokens });
  });
});

test('an answer that may not be so long is no prompt that is too long', () => {
  const message =
    "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 4096 tokens and your request has 12 input tokens";
  expect(of(400, { error: { message } })).toMatchObject({
    code: 'REQUEST_REJECTED',
    name: 'AnswerTooLongError',
  });
});

test.each([
  [404, { error: { message: 'The model `x` does not exist.' } }, 'MODEL_NOT_FOUND', 'none'],
  [404, { error: { message: 'Not Found', model: null } }, 'REQUEST_REJECTED', 'none'],
  [
    501,
    { error: { message: 'The model does not support Chat Completions API' } },
    'REQUEST_REJECTED',
    'none',
  ],
  [null, { error: { code: 503, message: 'The request queue is full.' } }, 'BACKEND_ERROR', 'busy'],
  [null, { error: { code: 400, message: 'bad' } }, 'REQUEST_REJECTED', 'none'],
  [429, { error: 'slow down' }, 'BACKEND_ERROR', 'busy'],
] as const)('status %s with %j', (status, body, code, remedy) => {
  expect(of(status, body)).toMatchObject({ code, remedy });
});

test.each([
  [{ error: { message: 'no such option' } }, 'no such option'],
  [{ error: 'no such option' }, 'no such option'],
  [{ detail: 'no such option' }, 'no such option'],
  [{ message: 'no such option' }, 'no such option'],
])('its words are told to the owner alone: %j', (body, words) => {
  const { ownerMessage, message } = of(400, body);
  expect(ownerMessage).toBe(`http://rig refused the request (status 400). It says: ${words}`);
  expect(message).not.toContain(words);
});
