/** A stream of events, against the one message that it comes to. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Said } from '../../../src/gateway/anthropic/answer.ts';
import { messageOf } from '../../../src/gateway/anthropic/message.ts';
import { type MessageEvent, MessageEvents } from '../../../src/gateway/anthropic/message-events.ts';

const TERMS = { id: 'msg_1', model: 'm', searchesWeb: false };
const STOP = { doneReason: 'stop', inputTokens: 7, outputTokens: 9 };
const said = (more: Partial<Said>): Said => ({ thinking: '', text: '', toolCalls: [], ...more });
const call = (id: string, name = 'f', input: object = { a: 1 }) => ({
  id,
  function: { index: 0, name, arguments: input },
});

function eventsOf(records: readonly Said[], terms = TERMS, ending = STOP): readonly MessageEvent[] {
  const events = new MessageEvents(terms, 3);
  return [...records.flatMap((each) => events.said(each)), ...events.ended(ending)];
}

/** Each event in one word or two. */
function briefly({ type, index, content_block: block, delta }: Record<string, unknown>): string {
  const kind = (value: unknown) => (value as { type?: string }).type ?? '';
  if (type === 'content_block_start') return `${index} + ${kind(block)}`;
  if (type === 'content_block_delta') return `${index} ${kind(delta)}`;
  return type === 'content_block_stop' ? `${index} -` : String(type);
}

// biome-ignore lint/suspicious/noExplicitAny: events as a client puts them together, whatever they are.
type Loose = any;

/** As SDKs put a message together. */
function accumulated(events: readonly MessageEvent[]): Loose {
  let message: Loose;
  const partial: string[] = [];
  for (const event of structuredClone(events) as Loose[]) {
    switch (event.type) {
      case 'message_start':
        message = event.message;
        break;
      case 'content_block_start':
        expect(event.index).toBe(message.content.length);
        message.content.push(event.content_block);
        partial.length = 0;
        break;
      case 'content_block_delta': {
        const block = message.content.at(-1);
        expect(event.index).toBe(message.content.length - 1);
        if (event.delta.type === 'text_delta') block.text += event.delta.text;
        else if (event.delta.type === 'thinking_delta') block.thinking += event.delta.thinking;
        else partial.push(event.delta.partial_json);
        break;
      }
      case 'content_block_stop':
        expect(event.index).toBe(message.content.length - 1);
        if (partial.length > 0) message.content.at(-1).input = JSON.parse(partial.join(''));
        partial.length = 0;
        break;
      case 'message_delta':
        Object.assign(message, event.delta, { usage: event.usage });
        break;
      default:
        expect(event.type).toBe('message_stop');
    }
  }
  return message;
}

describe('a stream', () => {
  test.each<[string, Said[], string[]]>([
    ['nothing', [], []],
    ['what says nothing', [said({})], []],
    [
      'a text',
      [said({ text: 'a' }), said({ text: 'b' })],
      ['0 + text', '0 text_delta', '0 text_delta', '0 -'],
    ],
    [
      'thoughts and a text, also in one record',
      [said({ thinking: 'a' }), said({ thinking: 'b', text: 'c' })],
      ['0 + thinking', '0 thinking_delta', '0 thinking_delta', '0 -', '1 + text', '1 text_delta', '1 -'],
    ],
    [
      'calls between texts',
      [said({ text: 'a' }), said({ toolCalls: [call('x'), call('y')] }), said({ text: 'b' })],
      [
        '0 + text',
        '0 text_delta',
        '0 -',
        '1 + tool_use',
        '1 input_json_delta',
        '1 -',
        '2 + tool_use',
        '2 input_json_delta',
        '2 -',
        '3 + text',
        '3 text_delta',
        '3 -',
      ],
    ],
    [
      'thoughts after a text',
      [said({ text: 'a' }), said({ thinking: 'b' }), said({ toolCalls: [call('x')] })],
      [
        '0 + text',
        '0 text_delta',
        '0 -',
        '1 + thinking',
        '1 thinking_delta',
        '1 -',
        '2 + tool_use',
        '2 input_json_delta',
        '2 -',
      ],
    ],
  ])('of %s', (_what, records, expected) => {
    const events = eventsOf(records);
    expect(events.map(briefly)).toEqual(['message_start', ...expected, 'message_delta', 'message_stop']);
  });

  test.each([
    ['stop', [], 'end_turn'],
    ['length', [], 'max_tokens'],
    ['load', [], 'end_turn'],
    ['something new', [], 'stop_sequence'],
    ['stop', [call('x')], 'tool_use'],
    ['length', [call('x')], 'tool_use'],
  ])('that ended by "%s" after %j stops for %s', (doneReason, toolCalls, reason) => {
    const ending = { ...STOP, doneReason };
    expect(eventsOf([said({ toolCalls })], TERMS, ending).at(-2)).toEqual({
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { input_tokens: 7, output_tokens: 9 },
    });
    expect(messageOf(said({ toolCalls }), ending, TERMS).stop_reason).toBe(reason);
  });

  test('gives calls without an id one of their own', () => {
    const nameless = { function: { name: 'f', arguments: {} } };
    const message = accumulated(eventsOf([said({ toolCalls: [nameless, nameless] })]));
    expect(message.content.map(({ id }: Loose) => id)).toEqual(['toolu_1_0', 'toolu_1_1']);
  });

  test('tells of a search on the web that nobody makes', () => {
    const terms = { ...TERMS, searchesWeb: true };
    const search = said({ toolCalls: [call('x', 'web_search', { query: 'q' })] });
    const expected = {
      stop_reason: 'end_turn',
      content: [
        { type: 'server_tool_use', id: 'srvtoolu_1_0', name: 'web_search', input: { query: 'q' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 'srvtoolu_1_0',
          content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
        },
      ],
    };
    expect(accumulated(eventsOf([search], terms))).toMatchObject(expected);
    expect(messageOf(search, STOP, terms)).toMatchObject(expected);
  });

  test('comes to the message, whatever is said in whatever pieces', () => {
    const record = fc.record({
      thinking: fc.string(),
      text: fc.string(),
      toolCalls: fc.array(
        fc.record({
          id: fc.string(),
          function: fc.record({ name: fc.string(), arguments: fc.dictionary(fc.string(), fc.jsonValue()) }),
        }),
        { maxLength: 2 },
      ),
    });
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const streamed = accumulated(eventsOf(records));
        const all = said({
          thinking: records.map(({ thinking }) => thinking).join(''),
          text: records.map(({ text }) => text).join(''),
          toolCalls: records.flatMap(({ toolCalls }) => toolCalls),
        });
        const whole: Loose = JSON.parse(JSON.stringify(messageOf(all, STOP, TERMS)));
        const of = (message: Loose, type: string) =>
          message.content.filter((block: Loose) => block.type === type);
        expect(of(streamed, 'tool_use')).toEqual(of(whole, 'tool_use'));
        for (const [type, field] of [
          ['text', 'text'],
          ['thinking', 'thinking'],
        ] as const)
          expect(
            of(streamed, type)
              .map((block: Loose) => block[field])
              .join(''),
          ).toBe(of(whole, type)[0]?.[field] ?? '');
        expect({ ...streamed, content: [] }).toEqual({ ...whole, content: [] });
      }),
      { numRuns: 150 },
    );
  });
});
