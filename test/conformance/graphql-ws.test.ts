/** The cases of graphql-ws's PROTOCOL.md, on raw sockets. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { startTestServer, type TestServer } from '../http/support/test-server.ts';
import { eventually } from '../support/eventually.ts';
import { RawSocket } from './support.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ graphql: { socketLimits: { initTimeoutMs: 5_000 } } });
});
afterEach(() => server.http.stop({ deadlineMs: 100 }));

const NEVER = 'subscription { changes(characters: 1) }';
const ready = () => new RawSocket(server.port).acknowledged();

describe('connecting', () => {
  it('needs the subprotocol', async () => {
    for (const protocols of [[], ['graphql-ws']]) {
      const socket = new RawSocket(server.port, { protocols });
      expect(await socket.closed).toMatchObject({ code: protocols.length === 0 ? 4406 : 1006 });
    }
  });

  it('chooses the subprotocol among several', async () => {
    const socket = await new RawSocket(server.port, { protocols: ['other', 'graphql-transport-ws'] }).open();
    expect(socket.socket.protocol).toBe('graphql-transport-ws');
    await socket.close();
  });

  it('is acknowledged', async () => {
    const socket = await new RawSocket(server.port).open();
    socket.send({ type: 'connection_init' });
    expect(await socket.take()).toEqual({ type: 'connection_ack' });
    await socket.close();
  });

  it('closes with 4401 when something is asked for before the acknowledgement', async () => {
    const socket = await new RawSocket(server.port).open();
    socket.subscribe('1', '{ hello }');
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  it('closes with 4429 on a second connection_init', async () => {
    const socket = await ready();
    socket.send({ type: 'connection_init' });
    expect(await socket.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' });
  });

  it('closes with 4408 when no connection_init comes', async () => {
    const impatient = await startTestServer({ graphql: { socketLimits: { initTimeoutMs: 20 } } });
    const socket = new RawSocket(impatient.port);
    expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
    await impatient.http.stop();
  });

  it('closes with 4403 when the client may not', async () => {
    const guarded = await startTestServer({ http: { keys: [{ name: 'ci', key: 'a-key-of-sixteen+' }] } });
    const socket = await new RawSocket(guarded.port).open();
    socket.send({ type: 'connection_init', payload: { apiKey: 'no such key at all' } });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Forbidden' });
    await guarded.http.stop();
  });
});

describe('messages', () => {
  it.each([
    ['no JSON', '{'],
    ['no object', '"text"'],
    ['an array', '[]'],
    ['no type', '{}'],
    ['an unknown type', '{"type":"start"}'],
    ['a subscription without an id', '{"type":"subscribe","payload":{"query":"{ hello }"}}'],
    ['a subscription with an empty id', '{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}'],
    ['a subscription without a query', '{"type":"subscribe","id":"1","payload":{}}'],
    [
      'variables that are no object',
      '{"type":"subscribe","id":"1","payload":{"query":"{ hello }","variables":[]}}',
    ],
    ['a completion without an id', '{"type":"complete"}'],
    [
      'an id that is too long',
      `{"type":"subscribe","id":"${'x'.repeat(257)}","payload":{"query":"{ hello }"}}`,
    ],
    ['binary garbage', Buffer.from([0, 255, 1, 254])],
  ])('close with 4400 when they are %s', async (_what, message) => {
    const socket = await ready();
    socket.send(message);
    expect((await socket.closed).code).toBe(4400);
    expect(server.lines.filter((line) => line.level === 'error')).toEqual([]);
  });

  it('close with 1007 when the text is not UTF-8', async () => {
    const socket = await ready();
    socket.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await socket.closed).code).toBe(1007);
  });

  it('close with 1009 when they are larger than 1 MiB', async () => {
    const socket = await ready();
    socket.subscribe('1', `{ hello } # ${'x'.repeat(1_048_576)}`);
    expect((await socket.closed).code).toBe(1009);
    await eventually(() => server.graphql.sockets === 0);
  });

  it('ping is answered with pong, before and after the acknowledgement, with its payload', async () => {
    const socket = await new RawSocket(server.port).open();
    socket.send({ type: 'ping' });
    expect(await socket.take()).toEqual({ type: 'pong' });
    socket.send({ type: 'connection_init' });
    await socket.take();
    socket.send({ type: 'ping', payload: { x: 1 } });
    expect(await socket.take()).toEqual({ type: 'pong', payload: { x: 1 } });
    socket.send({ type: 'pong' });
    socket.send({ type: 'ping' });
    expect(await socket.take()).toEqual({ type: 'pong' });
    await socket.close();
  });
});

describe('operations', () => {
  it('a query gets next and complete', async () => {
    const socket = await ready();
    socket.subscribe('q', 'query ($name: String) { hello(name: $name) }', { variables: { name: 'you' } });
    expect(await socket.take()).toEqual({ id: 'q', type: 'next', payload: { data: { hello: 'Hello you' } } });
    expect(await socket.take()).toEqual({ id: 'q', type: 'complete' });
    await socket.close();
  });

  it('a mutation runs too, and operationName chooses', async () => {
    const socket = await ready();
    socket.subscribe('m', 'mutation A { touch } query B { hello }', { operationName: 'A' });
    expect(await socket.take()).toMatchObject({ payload: { data: { touch: true } } });
    await socket.take();
    socket.subscribe('n', 'query A { hello } query B { hello }');
    expect(await socket.take()).toMatchObject({ id: 'n', type: 'error' });
    await socket.close();
  });

  it('a subscription gets a next for each value, and complete', async () => {
    const socket = await ready();
    socket.subscribe('s', 'subscription { count(to: 3) }');
    const messages = [await socket.take(), await socket.take(), await socket.take(), await socket.take()];
    expect(messages).toEqual([
      ...[1, 2, 3].map((count) => ({ id: 's', type: 'next', payload: { data: { count } } })),
      { id: 's', type: 'complete' },
    ]);
    await socket.close();
  });

  it('what is wrong with one is told by error for it alone; the others and the socket go on', async () => {
    const socket = await ready();
    socket.subscribe('on', NEVER);
    await socket.take();
    const cases = [
      ['{ hello', 'GRAPHQL_PARSE_FAILED'],
      ['{ goodbye }', 'GRAPHQL_VALIDATION_FAILED'],
      ['{ items(first: 1000) { totalCount } }', 'QUERY_LIMIT_EXCEEDED'],
      [`{ ${'a '.repeat(2_000)}}`, 'QUERY_LIMIT_EXCEEDED'],
    ] as const;
    for (const [query, code] of cases) {
      socket.subscribe('bad', query);
      const message = await socket.take();
      expect(message).toMatchObject({ id: 'bad', type: 'error', payload: [{ extensions: { code } }] });
      expect(JSON.stringify(message)).not.toContain('"http"');
    }
    socket.subscribe('refused', 'subscription { refused }');
    expect(JSON.stringify(await socket.take())).toContain('NOT_FOUND');
    socket.subscribe('after', '{ hello }');
    await eventually(
      () => socket.take(),
      ({ id }) => id === 'after',
    );
    server.log.publish({ kind: 'vram' }, 1);
    await eventually(
      () => socket.take(),
      ({ id }) => id === 'on',
    );
    await socket.close();
  });

  it('an unexpected failure is masked, in a field as well as half-way through a subscription', async () => {
    const socket = await ready();
    socket.subscribe('f', '{ broken }');
    const failed = await socket.take();
    expect(failed).toMatchObject({
      type: 'next',
      payload: { errors: [{ extensions: { code: 'INTERNAL_ERROR' } }] },
    });
    expect(JSON.stringify(failed)).not.toContain('unexpected"');
    await socket.take();
    socket.subscribe('h', 'subscription { count(to: 3, failAt: 2) }');
    expect(await socket.take()).toMatchObject({ payload: { data: { count: 1 } } });
    expect(JSON.stringify(await socket.take())).toContain('INTERNAL_ERROR');
    expect(JSON.stringify(socket.messages)).not.toContain('secret');
    expect(server.lines.filter((line) => String(line.fields.error).includes('secret reason'))).toHaveLength(
      2,
    );
    await socket.close();
  });

  it('complete from the client ends the source, and nothing is sent any more', async () => {
    const socket = await ready();
    socket.subscribe('s', NEVER);
    await socket.take();
    await eventually(() => server.log.waiting === 1);
    socket.send({ type: 'complete', id: 's' });
    await eventually(() => server.log.waiting === 0);
    server.log.publish({ kind: 'vram' }, 1);
    socket.subscribe('s', '{ hello }');
    expect(await socket.take()).toMatchObject({ id: 's', payload: { data: { hello: 'Hello world' } } });
    await socket.close();
  });

  it('complete for an unknown id is ignored', async () => {
    const socket = await ready();
    socket.send({ type: 'complete', id: 'never was' });
    socket.subscribe('1', '{ hello }');
    expect(await socket.take()).toMatchObject({ id: '1', type: 'next' });
    await socket.close();
  });

  it('closes with 4409 when an id is in use', async () => {
    const socket = await ready();
    socket.subscribe('s', NEVER);
    await socket.take();
    socket.subscribe('s', NEVER);
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for s already exists' });
    await eventually(() => server.log.waiting === 0);
  });

  it('ids like __proto__ are ids', async () => {
    const socket = await ready();
    for (const id of ['__proto__', 'constructor', 'toString']) {
      socket.subscribe(id, '{ hello }');
      expect(await socket.take()).toMatchObject({ id, type: 'next' });
      expect(await socket.take()).toEqual({ id, type: 'complete' });
    }
    await socket.close();
  });

  it('the hundred-and-first at a time is refused; when one ends there is room again', async () => {
    const socket = await ready();
    for (let i = 0; i < 100; i += 1) {
      socket.subscribe(`s${i}`, NEVER);
      await socket.take();
    }
    socket.subscribe('one more', '{ hello }');
    expect(await socket.take()).toMatchObject({
      id: 'one more',
      type: 'error',
      payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS', maximum: 100 } }],
    });
    socket.send({ type: 'complete', id: 's0' });
    socket.subscribe('one more', '{ hello }');
    expect(await socket.take()).toMatchObject({ id: 'one more', type: 'next' });
    await socket.close();
    await eventually(() => server.log.waiting === 0);
  });

  it('end with their socket, however it ends', async () => {
    for (const end of ['close', 'terminate'] as const) {
      const socket = await ready();
      for (let i = 0; i < 10; i += 1) socket.subscribe(`s${i}`, NEVER);
      await eventually(() => server.log.waiting === 10);
      socket.socket[end]();
      await eventually(() => server.log.waiting === 0 && server.graphql.sockets === 0);
    }
  });
});

describe('a client that is gone without a word', () => {
  it('is noticed by the pings that it does not answer', async () => {
    const clock = new VirtualClock();
    const watchful = await startTestServer({ graphql: { clock, socketLimits: { pingIntervalMs: 1_000 } } });
    const alive = await new RawSocket(watchful.port).acknowledged();
    const dead = await new RawSocket(watchful.port, { autoPong: false }).acknowledged();
    const pinged = [alive, dead].map(({ socket }) => new Promise((resolve) => socket.once('ping', resolve)));
    clock.advance(1_000);
    await Promise.all(pinged);
    // Answered after the pong, which was sent before it.
    alive.subscribe('1', '{ hello }');
    expect(await alive.take()).toMatchObject({ id: '1', type: 'next' });
    clock.advance(1_000);
    expect((await dead.closed).code).toBe(1006);
    await eventually(() => watchful.graphql.sockets === 1);
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
    await alive.close();
    await watchful.http.stop();
  });
});
