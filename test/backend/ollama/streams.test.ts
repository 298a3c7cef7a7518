import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/clock.ts';
import type { OutputRecord } from '../../../src/domain/backend.ts';
import { eventually } from '../../support/eventually.ts';
import { vectorsOf } from '../../support/vectors.ts';
import { httpServer, json, ndjson, tcpServer } from './raw-server.ts';
import { attached, failureOf, handleOn, NEVER, outputOf, runRequest } from './worlds.ts';

const GENERATE = runRequest({ kind: 'GENERATE', prompt: 'hi' });
const CALL = { id: 'call_1', function: { index: 0, name: 'f', arguments: { x: 1 } } };
const CHAT = runRequest({ kind: 'CHAT', messages: [{ role: 'USER', content: 'hi' }] });

const SHORT = { firstByteMs: 400, betweenChunksMs: 400 };

let read = 0;
/** So much time passes after each piece before the next one is written. */
function afterEachPiece(clock: VirtualClock, ms: number): () => void {
  read = 0;
  return () => {
    clock.advance(ms);
    read += 1;
  };
}

async function writeAsTheyAreRead(response: Parameters<typeof ndjson>[0], pieces: number): Promise<void> {
  for (let piece = 0; piece < pieces; piece += 1) {
    response.write('{"response":"b","done":false}\n');
    await eventually(
      () => read,
      (count) => count > piece,
    );
  }
  response.end('{"done":true}\n');
}

describe('a streamed answer', () => {
  test('is put together whole when the network delivers it byte by byte', async () => {
    const records = [
      { response: '', thinking: 'hm€', done: false },
      { response: 'gr😀', done: false },
      { response: 'üß', done: false },
      {
        response: '',
        done: true,
        done_reason: 'stop',
        eval_count: 3,
        eval_duration: 6_000_000,
        context: [1, 2],
      },
    ];
    const bytes = Buffer.from(records.map((record) => JSON.stringify(record)).join('\r\n\r\n'));
    await using server = await httpServer(async (_request, response) => {
      response.socket?.setNoDelay(true);
      for (const byte of bytes) await new Promise((resolve) => response.write(Buffer.of(byte), resolve));
      response.end();
    });
    await using backend = attached(server.url);
    const { result, records: told } = await outputOf(handleOn(backend), GENERATE);
    expect(told).toEqual([
      { thinking: 'hm€', text: '', raw: records[0] },
      { thinking: '', text: 'gr😀', raw: records[1] },
      { thinking: '', text: 'üß', raw: records[2] },
      { thinking: '', text: '', raw: records[3] },
    ]);
    expect(result).toEqual({
      kind: 'text',
      doneReason: 'STOP',
      toolCalls: null,
      usage: { promptTokens: 0, completionTokens: 3, evalDurationMs: 6, loadDurationMs: 0 },
      prompt: { truncated: false, contextLength: 4096 },
      raw: records[3],
    });
  });

  test.each([
    [
      'thinking, text and a tool call at once',
      CHAT,
      { role: 'assistant', thinking: 'hm', content: 'so', tool_calls: [CALL] },
      'hm',
      'so',
    ],
    ['a tool call alone', CHAT, { role: 'assistant', content: '', tool_calls: [CALL] }, '', ''],
    [
      'what nobody here knows',
      CHAT,
      { role: 'assistant', content: 'x', novelty: { deep: [1, null] } },
      '',
      'x',
    ],
  ])('tells every record as it came: %s', async (_what, request, message, thinking, text) => {
    const logprobs = [{ token: 'so', logprob: -0.25, bytes: [115, 111], top_logprobs: [] }];
    const raws = [
      { model: 'm', created_at: '2026-01-01T00:00:00.123456789Z', message, logprobs, done: false },
      {
        model: 'm',
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: 'stop',
        total_duration: 5,
      },
    ];
    await using server = await httpServer((_request, response) => ndjson(response, ...raws));
    await using backend = attached(server.url);
    const { records } = await outputOf(handleOn(backend), request);
    expect(records).toEqual([
      { thinking, text, raw: raws[0] },
      { thinking: '', text: '', raw: raws[1] },
    ]);
  });

  test('gives the tool calls of all its records, and the thinking of a chat apart from its text', async () => {
    const call = (name: string) => ({ function: { name, arguments: { x: 1 } } });
    await using server = await httpServer((_request, response) =>
      ndjson(
        response,
        { message: { role: 'assistant', content: '', thinking: 'let me' }, done: false },
        { message: { role: 'assistant', content: 'so', tool_calls: [call('f')] }, done: false },
        { message: { role: 'assistant', content: '', tool_calls: [call('g')] }, done: false },
        { message: { role: 'assistant', content: '!' }, done: true, done_reason: 'length' },
      ),
    );
    await using backend = attached(server.url);
    const { result, text, thinking } = await outputOf(handleOn(backend), CHAT);
    expect({ text, thinking }).toEqual({ text: 'so!', thinking: 'let me' });
    expect(result).toMatchObject({ doneReason: 'LENGTH', toolCalls: [call('f'), call('g')] });
  });

  test('that ends without a final record is a failure worth a retry, however it ends', async () => {
    const endings: ((response: Parameters<typeof ndjson>[0]) => void)[] = [
      (response) => ndjson(response, { response: 'a', done: false }),
      (response) => json(response, 200, { response: 'a', done: false }),
      (response) => response.writeHead(200).end(),
    ];
    for (const ending of endings) {
      await using server = await httpServer((_request, response) => ending(response));
      await using backend = attached(server.url);
      const failure = await failureOf(outputOf(handleOn(backend), GENERATE));
      expect([failure.code, failure.remedy]).toEqual(['BACKEND_ERROR', 'retry']);
      expect(failure.message).toContain('without its final record');
    }
  });

  test('may carry an error line, which says what it says with a status', async () => {
    await using server = await httpServer((_request, response) =>
      ndjson(response, { response: 'a', done: false }, { error: 'CUDA error: out of memory' }),
    );
    await using backend = attached(server.url);
    const failure = await failureOf(outputOf(handleOn(backend), GENERATE));
    expect([failure.code, failure.remedy]).toEqual(['OUT_OF_MEMORY', 'free-memory']);
    expect(failure.ownerMessage).toContain('CUDA error: out of memory');
  });

  test.each([
    ['no JSON', 'hello there\n'],
    ['JSON that is no object', '[1]\n'],
    ['an object that is no record', '{"done":"yes"}\n'],
    ['half a record', '{"response":"a","do'],
  ])('with a line that is %s is a failure', async (_what, body) => {
    await using server = await httpServer((_request, response) => response.writeHead(200).end(body));
    await using backend = attached(server.url);
    const failure = await failureOf(outputOf(handleOn(backend), GENERATE));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_ERROR', 'retry']);
  });

  test('that breaks off is a lost backend', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.write(
          'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1d\r\n{"response":"a","done":false}\r\n',
        );
        socket.resetAndDestroy();
      });
    });
    await using backend = attached(server.url);
    const failure = await failureOf(outputOf(handleOn(backend), GENERATE));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_UNREACHABLE', 'wait']);
  });

  test('whose final record came counts even when the connection breaks afterwards', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        const record = '{"response":"a","done":true}\n';
        socket.write(
          `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${record.length.toString(16)}\r\n${record}\r\n`,
        );
        socket.end();
      });
    });
    await using backend = attached(server.url);
    expect((await outputOf(handleOn(backend), GENERATE)).text).toBe('a');
  });

  test.each([
    ['never begins', () => {}],
    [
      'stops in the middle',
      (response: Parameters<typeof ndjson>[0]) => response.write('{"response":"a","done":false}\n'),
    ],
  ])('that %s ends as a stall', async (_when, answer) => {
    await using server = await httpServer((_request, response) => void answer(response));
    await using backend = attached(server.url, { deadlines: { firstByteMs: 150, betweenChunksMs: 150 } });
    const failure = await failureOf(outputOf(handleOn(backend), GENERATE));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_ERROR', 'retry']);
    expect(failure.message).toContain('stopped sending');
  });

  test('does not stall while another request gets on there, and does when that has ended', async () => {
    const silent = Promise.withResolvers<void>();
    let requests = 0;
    await using server = await httpServer(async (_request, response) => {
      requests += 1;
      response.write('{"response":"a","done":false}\n');
      if (requests === 1) {
        silent.resolve();
        return;
      }
      await writeAsTheyAreRead(response, 30);
    });
    const clock = new VirtualClock();
    await using backend = attached(server.url, { clock, deadlines: SHORT });
    const handle = handleOn(backend);
    let over = false;
    const begun = Promise.withResolvers<void>();
    const first = failureOf(handle.run(GENERATE, () => begun.resolve(), NEVER)).finally(() => {
      over = true;
    });
    await silent.promise;
    await begun.promise;
    await handle.run(GENERATE, afterEachPiece(clock, 50), NEVER);
    expect(over).toBe(false);
    await eventually(() => over, Boolean, { step: () => clock.advance(100) });
    expect(await first).toMatchObject({ name: 'StalledError' });
  });

  test('does not stall as long as pieces keep coming', async () => {
    await using server = await httpServer((_request, response) => writeAsTheyAreRead(response, 12));
    const clock = new VirtualClock();
    await using backend = attached(server.url, { clock, deadlines: SHORT });
    await handleOn(backend).run(GENERATE, afterEachPiece(clock, 300), NEVER);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(12 * 300);
  });
});

describe('cancelling', () => {
  test('ends a run with the reason of the signal and the request with it', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await httpServer((_request, response) => {
      response.on('close', () => closed.resolve());
      response.write('{"response":"a","done":false}\n');
    });
    await using backend = attached(server.url);
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const run = handleOn(backend).run(GENERATE, () => controller.abort(reason), controller.signal);
    await expect(run).rejects.toBe(reason);
    await closed.promise;
  });

  test('before the start sends nothing', async () => {
    await using server = await httpServer((_request, response) => ndjson(response, { done: true }));
    await using backend = attached(server.url);
    const reason = new Error('too late');
    for (const request of [GENERATE, runRequest({ kind: 'EMBED', input: ['a'] })]) {
      await expect(handleOn(backend).run(request, () => {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    }
    expect(server.requests).toEqual([]);
  });

  test('reads a stream to its end that is about to end by itself, and settles at once all the same', async () => {
    const goOn = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<boolean>();
    await using server = await httpServer(async (_request, response) => {
      response.on('close', () => ended.resolve(response.writableFinished));
      response.write('{"response":"a","done":false}\n');
      await goOn.promise;
      response.write('{"response":"b","done":false}\n');
      response.end('{"response":"","done":true}\n');
    });
    await using backend = attached(server.url, { drainTokens: 2 });
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const request = runRequest({ kind: 'GENERATE', prompt: 'hi', options: { maxTokens: 3 } });
    const seen: string[] = [];
    const sink = ({ text }: OutputRecord) => {
      seen.push(text);
      controller.abort(reason);
    };
    await expect(handleOn(backend).run(request, sink, controller.signal)).rejects.toBe(reason);
    goOn.resolve();
    expect(await ended.promise).toBe(true);
    expect(seen).toEqual(['a']);
  });
});

describe('embeddings', () => {
  const EMBED = runRequest({ kind: 'EMBED', input: ['a', 'b'] });

  test('come one for each text, in order, with the rest of the answer kept', async () => {
    await using server = await httpServer((_request, response) =>
      json(response, 200, {
        model: 'm',
        embeddings: [
          [1, 0],
          [0, 1],
        ],
        prompt_eval_count: 2,
        load_duration: 5e6,
      }),
    );
    await using backend = attached(server.url);
    expect(await handleOn(backend).run(EMBED, () => {}, NEVER)).toEqual({
      kind: 'embed',
      vectors: vectorsOf([
        [1, 0],
        [0, 1],
      ]),
      usage: { promptTokens: 2, completionTokens: 0, evalDurationMs: 0, loadDurationMs: 5 },
      prompt: { truncated: false, contextLength: 4096 },
      raw: { model: 'm', prompt_eval_count: 2, load_duration: 5e6 },
    });
  });

  test.each([
    ['too few', [[1, 0]]],
    ['of unequal length', [[1, 0], [1]]],
    ['empty', [[], []]],
    ['missing', undefined],
    ['a word', 'none'],
  ])('that are %s are refused', async (_what, embeddings) => {
    await using server = await httpServer((_request, response) => json(response, 200, { embeddings }));
    await using backend = attached(server.url);
    const failure = await failureOf(handleOn(backend).run(EMBED, () => {}, NEVER));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_ERROR', 'retry']);
  });

  test('that hold something else than numbers are the same at every try', async () => {
    const embeddings = [[1, null]];
    await using server = await httpServer((_request, response) => json(response, 200, { embeddings }));
    await using backend = attached(server.url);
    const failure = await failureOf(handleOn(backend).run(EMBED, () => {}, NEVER));
    expect([failure.code, failure.remedy]).toEqual(['REQUEST_REJECTED', 'none']);
  });
});
