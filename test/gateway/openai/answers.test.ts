import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { ChatAnswer } from '../../../src/gateway/openai/chat-answer.ts';
import { CompletionAnswer } from '../../../src/gateway/openai/completion-answer.ts';
import { base64Of } from '../../../src/gateway/openai/embed-form.ts';

const AT = '2026-11-30T10:48:46.124968797Z';
const clock = { now: () => 0 };
const options = { id: 'chatcmpl-1', model: 'Asked:1b', includeUsage: false, clock };
const record = (message: JsonObject, more: JsonObject = {}): JsonObject => ({
  model: 'asked:1b',
  created_at: AT,
  message: { role: 'assistant', content: '', ...message },
  done: false,
  ...more,
});
const end = (more: JsonObject = {}) =>
  record({}, { done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 5, ...more });
const call = (name: string, more: JsonObject = {}): JsonObject => ({
  id: `call_${name}`,
  function: { index: 0, name, arguments: { b: '<', a: 2 } },
  ...more,
});
const called = (name: string, index: number) => ({
  id: `call_${name}`,
  index,
  type: 'function',
  function: { name, arguments: '{"b":"\\u003c","a":2}' },
});
const logprobs = [{ token: 'a', logprob: -1, bytes: [97] }];
const USED = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };

interface Chunk {
  readonly choices: readonly { readonly delta: unknown; readonly finish_reason: unknown }[];
}

/** What differs from chunk to chunk. */
function deltas(records: readonly JsonObject[], last: JsonObject): unknown[] {
  const answer = new ChatAnswer(options);
  const chunks = [...records.flatMap((each) => answer.chunks(each)), ...answer.lastChunks(last)];
  return (chunks as unknown as Chunk[]).map(
    ({ choices: [choice] }) => choice?.finish_reason ?? choice?.delta,
  );
}

describe('chunks of a chat', () => {
  test('have all that a chunk has', () => {
    const answer = new ChatAnswer(options);
    const head = {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: Date.parse(AT) / 1_000 - 0.124,
      model: 'Asked:1b',
      system_fingerprint: 'fp_ollama',
    };
    expect(answer.chunks(record({ content: 'Hi' }, { logprobs }))).toEqual([
      {
        ...head,
        choices: [
          {
            index: 0,
            delta: { role: 'assistant', content: 'Hi' },
            finish_reason: null,
            logprobs: { content: logprobs },
          },
        ],
      },
    ]);
    const later = end({ created_at: '2026-11-30T10:50:00Z' });
    expect(answer.lastChunks(later)).toEqual([
      { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ]);
  });

  test('tell the role once, and the end in a chunk of its own', () => {
    expect(
      deltas([record({ content: 'a' }), record({ content: 'b' })], end({ done_reason: 'length' })),
    ).toEqual([{ role: 'assistant', content: 'a' }, { content: 'b' }, 'length']);
  });

  test.each([
    ['nothing at all', end(), [{ role: 'assistant', content: '' }, 'stop']],
    [
      'all in the last record',
      { ...end(), ...record({ content: 'a' }), done: true },
      [{ role: 'assistant', content: 'a' }, 'stop'],
    ],
    ['no reason', end({ done_reason: '' }), [{ role: 'assistant', content: '' }, 'stop']],
    ['a reason of its own', end({ done_reason: 'load' }), [{ role: 'assistant', content: '' }, 'load']],
  ])('of %s', (_, last, expected) => {
    expect(deltas([], last)).toEqual(expected);
  });

  test('of thinking come before those of what is said', () => {
    expect(
      deltas(
        [record({ thinking: 'H' }), record({ thinking: 'm', content: 'a' }), record({ content: 'b' })],
        end(),
      ),
    ).toEqual([
      { role: 'assistant', content: '', reasoning: 'H' },
      { reasoning: 'm' },
      { content: 'a' },
      { content: 'b' },
      'stop',
    ]);
  });

  test('number the calls of tools through, whatever the backend numbered', () => {
    expect(
      deltas(
        [
          record({ content: 'Well.' }),
          record({ tool_calls: [call('one'), call('two')] }),
          record({ tool_calls: [call('three')] }),
        ],
        end(),
      ),
    ).toEqual([
      { role: 'assistant', content: 'Well.' },
      { content: '', tool_calls: [called('one', 0), called('two', 1)] },
      { content: '', tool_calls: [called('three', 2)] },
      'tool_calls',
    ]);
    expect(deltas([record({ tool_calls: [call('one')] })], end({ done_reason: 'length' })).at(-1)).toBe(
      'length',
    );
  });

  test('give a call an id where the backend gave none, and its arguments as text', () => {
    const bare = { function: { name: 'f', arguments: '{"a":1}' } };
    const [delta] = deltas([record({ tool_calls: [bare, { function: { name: 'g' } }] })], end());
    expect(delta).toMatchObject({
      tool_calls: [
        { id: 'call_chatcmpl-1_0', function: { arguments: '{"a":1}' } },
        { id: 'call_chatcmpl-1_1', function: { arguments: '{}' } },
      ],
    });
  });

  test('tell what was used at the end, without a choice, where that was asked for', () => {
    const answer = new ChatAnswer({ ...options, includeUsage: true });
    const [first] = answer.chunks(record({ content: 'a' }));
    expect(first).not.toHaveProperty('usage');
    expect(answer.lastChunks(end())).toMatchObject([
      { choices: [{ finish_reason: 'stop' }] },
      { choices: [], usage: USED },
    ]);
  });
});

test('a chat in one object', () => {
  const whole = new ChatAnswer(options).whole({
    ...end(),
    ...record({ content: 'a', thinking: 'Hm', tool_calls: [call('one'), call('two')] }),
    logprobs,
  });
  expect(whole).toEqual({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: Math.floor(Date.parse(AT) / 1_000),
    model: 'Asked:1b',
    system_fingerprint: 'fp_ollama',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'a',
          reasoning: 'Hm',
          tool_calls: [called('one', 0), called('two', 1)],
        },
        finish_reason: 'tool_calls',
        logprobs: { content: logprobs },
      },
    ],
    usage: USED,
  });
});

describe('a completion', () => {
  const said = (response: string, more: JsonObject = {}) => ({
    created_at: AT,
    response,
    done: false,
    ...more,
  });
  const last = said('', { done: true, done_reason: 'length', prompt_eval_count: 3, eval_count: 5 });
  const head = {
    id: 'chatcmpl-1',
    object: 'text_completion',
    created: Math.floor(Date.parse(AT) / 1_000),
    model: 'Asked:1b',
    system_fingerprint: 'fp_ollama',
  };

  test('in chunks', () => {
    const answer = new CompletionAnswer(options);
    expect(answer.chunks(said('a'))).toEqual([
      { ...head, choices: [{ text: 'a', index: 0, finish_reason: null }] },
    ]);
    expect(answer.lastChunks(last)).toEqual([
      { ...head, choices: [{ text: '', index: 0, finish_reason: 'length' }] },
    ]);
  });

  test('with what was used', () => {
    const answer = new CompletionAnswer({ ...options, includeUsage: true });
    const none = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    expect(answer.chunks(said('a'))).toMatchObject([{ usage: none }]);
    expect(answer.lastChunks(last)).toMatchObject([{ usage: none }, { choices: [], usage: USED }]);
  });

  test('in one object', () => {
    expect(new CompletionAnswer(options).whole({ ...last, response: 'ab' })).toEqual({
      ...head,
      choices: [{ text: 'ab', index: 0, finish_reason: 'length' }],
      usage: USED,
    });
  });
});

test('numbers as base64 have four bytes each, the least first', () => {
  expect(Buffer.from(base64Of([1, -2, 0.1]), 'base64')).toEqual(
    Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0xcd, 0xcc, 0xcc, 0x3d]),
  );
});
