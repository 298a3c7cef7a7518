/** How pieces of streams become records and a result. */
import { describe, expect, test } from 'vitest';
import { openAiMessages } from '../../../src/backend/openai/messages.ts';
import { TextAnswer } from '../../../src/backend/openai/text-answer.ts';
import type { OutputRecord } from '../../../src/domain/backend.ts';
import type { JsonObject } from '../../../src/domain/json.ts';

function answered(choices: readonly object[]) {
  const records: OutputRecord[] = [];
  const answer = new TextAnswer({
    modelName: 'm',
    form: 'message',
    sink: (record) => records.push(record),
    monotonic: () => 0,
    now: () => 0,
  });
  for (const choice of choices) answer.add({ choices: [choice] } as JsonObject);
  return { answer, records };
}

const called = (...calls: readonly object[]) => ({ delta: { tool_calls: calls } });
const END = { delta: {}, finish_reason: 'tool_calls' };

describe('calls of tools', () => {
  test.each([
    [
      'in pieces',
      [
        called({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":' } }),
        called({ index: 0, function: { arguments: '1}' } }),
      ],
      [['f', { x: 1 }]],
    ],
    [
      'with one index for all',
      [
        called({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }),
        called({ index: 0, id: 'b', function: { name: 'g', arguments: '{"y":2}' } }),
      ],
      [
        ['f', {}],
        ['g', { y: 2 }],
      ],
    ],
    [
      'with the name in each piece',
      [
        called({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
        called({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }),
      ],
      [['f', {}]],
    ],
    [
      'with an object',
      [called({ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } })],
      [['f', { x: 1 }]],
    ],
    [
      'without an index',
      [
        called({ id: 'a', function: { name: 'f', arguments: '{}' } }),
        called({ id: 'b', function: { name: 'g', arguments: '{}' } }),
      ],
      [
        ['f', {}],
        ['g', {}],
      ],
    ],
  ] as const)('%s', (_, pieces, expected) => {
    const result = answered([...pieces, END]).answer.end();
    const calls = result.kind === 'text' ? (result.toolCalls as readonly { function: JsonObject }[]) : [];
    expect(calls.map(({ function: { name, arguments: given } }) => [name, given])).toEqual(expected);
  });
});

test('likelihoods come in one form, of chats and of completions', () => {
  const { records } = answered([
    { delta: { content: 'a' }, logprobs: { content: [{ token: 'a', logprob: -1, top_logprobs: [] }] } },
    { text: 'b', logprobs: { tokens: ['b'], token_logprobs: [-2], top_logprobs: [{ b: -2, c: -3 }] } },
  ]);
  expect(records.map(({ raw }) => raw.logprobs)).toEqual([
    [{ token: 'a', logprob: -1, top_logprobs: [] }],
    [
      {
        token: 'b',
        logprob: -2,
        top_logprobs: [
          { token: 'b', logprob: -2 },
          { token: 'c', logprob: -3 },
        ],
      },
    ],
  ]);
});

test('results of tools without ids answer the oldest call of their tool', () => {
  const call = (name: string) => ({ function: { name, arguments: {} } });
  const messages = [
    { role: 'assistant', content: '', toolCalls: [call('f'), call('g')] },
    { role: 'tool', content: '1', toolName: 'g' },
    { role: 'tool', content: '2', toolName: 'f' },
    { role: 'assistant', content: '', toolCalls: [call('f')] },
    { role: 'tool', content: '3', toolName: 'f' },
  ];
  const sent = openAiMessages(messages, new Map(), 'loose');
  const ids = sent.map(
    (one) => one.tool_call_id ?? (one.tool_calls as readonly { id: string }[]).map(({ id }) => id),
  );
  expect(ids).toEqual([['call_0', 'call_1'], 'call_1', 'call_0', ['call_2'], 'call_2']);
});
