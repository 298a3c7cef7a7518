/** What a request is answered with while its job waits, byte by byte. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { identify } from '../../../src/gateway/anthropic/errors.ts';
import { EventsForm, type MessageForm, WholeForm } from '../../../src/gateway/anthropic/forms.ts';
import { refused } from '../../../src/gateway/shared/problem.ts';
import type { Exchange } from '../../../src/ollama-api/exchange.ts';

const TERMS = { id: 'msg_1', model: 'm', searchesWeb: false };
const ENDING = { doneReason: 'stop', inputTokens: 2, outputTokens: 3 };
const PROBLEM = refused(503, 'BACKEND_UNREACHABLE', 'It is gone.');
const ERROR = {
  type: 'error',
  error: { type: 'overloaded_error', message: 'It is gone.' },
  request_id: 'req_1',
};

/** What a client reads of an answer that `write` gives. */
async function answerOf(
  write: (exchange: Exchange) => void,
): Promise<{ status: number; text: string; type: string | null }> {
  const server = createServer((request, response) => {
    identify(response, 'req_1');
    write({
      request,
      response,
      path: '/v1/messages',
      parameters: {},
      signal: new AbortController().signal,
      text: async () => '',
      beforeEnd: [],
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const { status, headers } = response;
    return { status, type: headers.get('content-type'), text: await response.text() };
  } finally {
    server.close();
  }
}

const stream = (act: (form: MessageForm) => void) => (exchange: Exchange) =>
  act(new EventsForm(exchange, TERMS, 1));
const whole = (act: (form: MessageForm) => void) => (exchange: Exchange) =>
  act(new WholeForm(exchange, TERMS));

describe('a stream', () => {
  test('begins with signs of waiting, and goes on as any other', async () => {
    const { status, text, type } = await answerOf(
      stream((form) => {
        form.waiting();
        form.waiting();
        form.begin?.();
        form.record({ message: { role: 'assistant', content: 'a' }, done: false });
        form.waiting();
        form.empty(ENDING);
      }),
    );
    expect([status, type]).toEqual([200, 'text/event-stream']);
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
    expect(text.startsWith(`${ping}${ping}event: message_start\n`)).toBe(true);
    expect(text).toContain(
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n${ping}event: content_block_stop\n`,
    );
    expect(text.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true);
  });

  test('tells a failure by its status while nothing was sent, and by an event after that', async () => {
    const before = await answerOf(stream((form) => form.fail(PROBLEM)));
    expect(before).toMatchObject({ status: 503, type: 'application/json; charset=utf-8' });
    expect(JSON.parse(before.text)).toEqual(ERROR);
    const after = await answerOf(
      stream((form) => {
        form.waiting();
        form.fail(PROBLEM);
      }),
    );
    expect(after.status).toBe(200);
    expect(after.text).toBe(
      `event: ping\ndata: {"type":"ping"}\n\nevent: error\ndata: ${JSON.stringify(ERROR)}\n\n`,
    );
  });

  test('forgets what an earlier run of its job began', async () => {
    const isOut: boolean[] = [];
    const { text } = await answerOf(
      stream((form) => {
        form.begin?.();
        isOut.push(form.record({ message: { role: 'assistant', content: '' }, done: false }));
        form.begin?.();
        isOut.push(form.record({ message: { role: 'assistant', content: 'a' }, done: false }));
        form.empty(ENDING);
      }),
    );
    expect(isOut).toEqual([false, true]);
    expect(text.match(/event: message_start/g)).toHaveLength(1);
  });
});

describe('one message', () => {
  test('begins with a space for each sign of waiting', async () => {
    const { status, text, type } = await answerOf(
      whole((form) => {
        form.waiting();
        form.waiting();
        form.empty(ENDING);
      }),
    );
    expect([status, type]).toEqual([200, 'application/json; charset=utf-8']);
    expect(text.slice(0, 3)).toBe('  {');
    expect(JSON.parse(text)).toMatchObject({ type: 'message', content: [], stop_reason: 'end_turn' });
  });

  test('is an error in its place where it fails', async () => {
    const before = await answerOf(whole((form) => form.fail(PROBLEM)));
    expect([before.status, JSON.parse(before.text)]).toEqual([503, ERROR]);
    const after = await answerOf(
      whole((form) => {
        form.waiting();
        form.fail(PROBLEM);
      }),
    );
    expect(after.status).toBe(200);
    expect(JSON.parse(after.text)).toEqual(ERROR);
  });
});
