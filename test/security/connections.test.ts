import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { RawSocket } from '../conformance/support.ts';
import { follow, post } from '../http/support/graphql-client.ts';
import { testServer } from '../http/support/own-server.ts';
import { openRaw, type RawConnection, requestText } from '../http/support/raw-client.ts';
import type { TestServer } from '../http/support/test-server.ts';
import { eventually } from '../support/eventually.ts';

const HASTY = {
  headersTimeoutMs: 100,
  requestTimeoutMs: 5_000,
  stalledTimeoutMs: 200,
  keepAliveTimeoutMs: 100,
  checkIntervalMs: 20,
  lingerMs: 50,
};
const HASTY_SOCKETS = { initTimeoutMs: 50, closeTimeoutMs: 50 };

const json = { host: 'localhost', 'content-type': 'application/json' };

function open(port: number, options: { readonly allowHalfOpen?: boolean } = {}): RawConnection {
  const raw = openRaw(port, options);
  onTestFinished(() => void raw.socket.destroy());
  return raw;
}

function asking(server: TestServer, query: string, headers: Record<string, string> = {}): RawConnection {
  const body = JSON.stringify({ query });
  const raw = open(server.port);
  raw.socket.write(
    requestText('POST /graphql HTTP/1.1', { ...json, ...headers, 'content-length': body.length }, body),
  );
  return raw;
}

const asWebSocket = (path: string) =>
  requestText(`GET ${path} HTTP/1.1`, {
    host: 'localhost',
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': 13,
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-protocol': 'graphql-transport-ws',
  });

/** Asks for more than the system's buffers hold, and reads nothing of it. */
function stalled(server: TestServer, headers: Record<string, string>): RawConnection {
  const raw = asking(server, 'subscription { changes(characters: 200000) }', headers);
  raw.socket.pause();
  const events = setInterval(() => server.log.publish({ kind: 'vram' }, 1), 1);
  onTestFinished(() => clearInterval(events));
  return raw;
}

/** By a caller that does not end the connection because the other side has. */
function written(server: TestServer, text: string): RawConnection {
  const raw = open(server.port, { allowHalfOpen: true });
  raw.socket.write(text);
  return raw;
}

/** Every state in which a connection can be left. */
const LEFT: readonly (readonly [string, (server: TestServer) => unknown])[] = [
  ['says nothing', ({ port }) => open(port)],
  ['sends blank lines', (server) => written(server, '\r\n\r\n')],
  ['begins a request and says no more', (server) => written(server, 'GET / HTTP/1.1\r\nhost: local')],
  [
    'announces a body and sends none',
    (server) => written(server, requestText('POST /graphql HTTP/1.1', { ...json, 'content-length': 50 })),
  ],
  [
    'sends a part of a body',
    (server) =>
      written(server, requestText('POST /graphql HTTP/1.1', { ...json, 'content-length': 50 }, '{')),
  ],
  [
    'begins a chunk of a body',
    (server) =>
      written(
        server,
        requestText('POST /graphql HTTP/1.1', { ...json, 'transfer-encoding': 'chunked' }, '9\r\n{'),
      ),
  ],
  ['has its answer and asks no more', (server) => asking(server, '{ hello }')],
  [
    'has its answer and sends blank lines',
    (server) => {
      const raw = asking(server, '{ hello }');
      const lines = setInterval(() => raw.socket.write('\r\n'), 10);
      onTestFinished(() => clearInterval(lines));
    },
  ],
  ['reads none of its events', (server) => stalled(server, { accept: 'text/event-stream' })],
  ['opens a WebSocket and does not introduce itself', (server) => written(server, asWebSocket('/graphql'))],
  ['asks for a WebSocket where there is none', (server) => written(server, asWebSocket('/'))],
  ['sends what is no HTTP', (server) => written(server, 'hello there\r\n\r\n')],
];

describe('a connection', () => {
  it('whose answer is read, but slowly, is ended before it has all', async () => {
    const characters = 40_000_000;
    const server = await testServer({
      http: { limits: { ...HASTY, stalledTimeoutMs: 1_000, readBytesPerSecond: characters } },
    });
    const raw = asking(server, `{ large(characters: ${characters}) }`);
    raw.socket.pause();
    const drip = setInterval(() => raw.socket.read(262_144), 50);
    onTestFinished(() => clearInterval(drip));
    await eventually(() => server.http.connections.size === 1);
    await eventually(() => server.http.connections.size === 0);
    expect(raw.socket.bytesRead).toBeLessThan(characters / 2);
  });

  it('that takes one large write slowly stays until it has all, though nothing else moves for long', async () => {
    const characters = 24_000_000;
    const server = await testServer({ http: { limits: { ...HASTY, stalledTimeoutMs: 3_000 } } });
    const raw = asking(server, `subscription { changes(characters: ${characters}) }`, {
      accept: 'text/event-stream',
    });
    await eventually(() => server.log.waiting === 1);
    server.log.publish({ kind: 'vram' }, 1);
    raw.socket.pause();
    const drip = setInterval(() => raw.socket.read(262_144), 50);
    onTestFinished(() => clearInterval(drip));
    await eventually(() => raw.socket.bytesRead > characters);
    expect(server.http.connections.size).toBe(1);
    clearInterval(drip);
  });

  it.each(LEFT)('that %s is ended', async (_what, leave) => {
    const server = await testServer({
      http: { limits: HASTY },
      graphql: { socketLimits: HASTY_SOCKETS },
    });
    leave(server);
    await eventually(() => server.http.connections.size === 1);
    await eventually(() => server.http.connections.size === 0);
    await eventually(() => server.log.waiting === 0 && server.graphql.sockets === 0);
    expect(server.http.intake.work.held + server.http.intake.streams.held).toBe(0);
  });

  it('as a WebSocket that does not read is ended, and what it followed with it', async () => {
    const server = await testServer({ http: { limits: HASTY } });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws');
    onTestFinished(() => socket.terminate());
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send('{"type":"connection_init"}');
    await new Promise((resolve) => socket.once('message', resolve));
    const query = 'subscription { changes(characters: 200000) }';
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
    await new Promise((resolve) => socket.once('message', resolve));
    socket.pause();
    const events = setInterval(() => server.log.publish({ kind: 'vram' }, 1), 1);
    await eventually(() => server.graphql.sockets === 0 && server.http.connections.size === 0);
    clearInterval(events);
    expect(server.log.waiting).toBe(0);
  });

  it('that follows what does not change, or waits for its answer, stays', async () => {
    const server = await testServer({ http: { limits: HASTY } });
    const sse = await follow(server.url, 'subscription { changes(characters: 1) }');
    await sse.events.next();
    const socket = await new RawSocket(server.port).acknowledged();
    socket.subscribe('1', 'subscription { changes(characters: 1) }');
    await socket.take();
    const waiting = asking(server, '{ lasting }');
    await eventually(() => server.log.waiting === 3);
    // Others that are left alone one after the other are ended meanwhile.
    for (let i = 0; i < 2; i += 1) {
      written(server, requestText('POST /graphql HTTP/1.1', { ...json, 'content-length': 50 }, '{'));
      await eventually(() => server.http.connections.size === 4);
      await eventually(() => server.http.connections.size === 3);
    }
    server.log.publish({ kind: 'vram' }, 1);
    await Promise.all([sse.events.next(), socket.take()]);
    sse.leave();
    waiting.socket.destroy();
    await socket.close();
  });
});

const KEY = 'a-key-of-sixteen+';
const OTHER_KEY = 'another-key-of-16+';
const keys = [
  { name: 'ci', key: KEY },
  { name: 'other', key: OTHER_KEY },
];
const withKey = { headers: { 'x-api-key': KEY } };

describe('callers with a key', () => {
  it('get in, however many without one hold connections open', async () => {
    const server = await testServer({ http: { keys, limits: { unknownConnections: 20, connections: 20 } } });
    const events = asking(server, 'subscription { changes(characters: 3) }', {
      accept: 'text/event-stream',
      'x-api-key': KEY,
    });
    await eventually(() => server.log.waiting === 1);
    const socket = await new RawSocket(server.port, withKey).acknowledged();
    const silent = Array.from({ length: 60 }, (_, i) => {
      const raw = open(server.port);
      raw.socket.write(['', asWebSocket('/graphql'), 'POST /graphql HTTP/1.1\r\nhost: l'][i % 3] ?? '');
      return raw;
    });
    // Those that came first went first.
    await Promise.all(silent.slice(0, 40).map(({ closed }) => closed));
    for (let i = 0; i < 5; i += 1) expect((await post(server.url, '{ hello }', withKey)).status).toBe(200);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    socket.subscribe('1', '{ hello }');
    expect(await socket.take()).toMatchObject({ type: 'next' });
    server.log.publish({ kind: 'vram' }, 1);
    await eventually(() => events.received().split('xxx').length === 3);
    await socket.close();
  });

  it('get in beside 1,100 silent connections, with the limits of a real server', async () => {
    const server = await testServer({ http: { keys } });
    const silent = Array.from({ length: 1_100 }, () => open(server.port));
    await Promise.all(silent.slice(0, 76).map(({ closed }) => closed));
    expect((await post(server.url, '{ hello }', withKey)).status).toBe(200);
  });

  it.each([
    [
      'answers',
      (server: TestServer) =>
        void asking(server, 'subscription { changes(characters: 3) }', {
          accept: 'text/event-stream',
          'x-api-key': KEY,
        }),
    ],
    [
      'WebSockets',
      async ({ port }: TestServer) => {
        const socket = await new RawSocket(port, withKey).open();
        socket.send({ type: 'connection_init' });
      },
    ],
  ])('leave places for others, however many %s one of them keeps open', async (_what, hold) => {
    const server = await testServer({ http: { keys, limits: { connections: 10 } } });
    await Promise.all(Array.from({ length: 30 }, () => hold(server)));
    await eventually(() => server.http.connections.size === 5);
    const others = Array.from({ length: 5 }, () => asking(server, '{ lasting }', { 'x-api-key': OTHER_KEY }));
    await eventually(() => server.http.connections.size === 10);
    expect(others.map((raw) => raw.received())).toEqual(Array(5).fill(''));
  });

  it('that are idle give way to others, and those that are not make others come later', async () => {
    const server = await testServer({ http: { keys, limits: { connections: 6 } } });
    const hello = () => asking(server, '{ hello }', { 'x-api-key': KEY });
    const idle = hello();
    await eventually(() => idle.received().includes('Hello'));
    const busy = Array.from({ length: 3 }, () => asking(server, '{ lasting }', { 'x-api-key': KEY }));
    await idle.closed;
    await eventually(() => server.log.waiting === 3);
    const refused = hello();
    await refused.closed;
    expect(refused.received()).toMatch(/^HTTP\/1.1 503 (.|\r\n)*retry-after: /);
    const socket = await new RawSocket(server.port, withKey).open();
    socket.send({ type: 'connection_init' });
    expect((await socket.closed).code).toBe(1013);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    busy[0]?.socket.destroy();
    await eventually(() => server.http.connections.size < 4);
    const later = hello();
    await eventually(() => later.received().includes('Hello'));
  });
});
