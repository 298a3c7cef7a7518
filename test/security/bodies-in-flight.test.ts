import { describe, expect, it } from 'vitest';
import { RawSocket } from '../conformance/support.ts';
import { follow, post } from '../http/support/graphql-client.ts';
import { testServer } from '../http/support/own-server.ts';
import { openRaw, parseAnswer, type RawConnection, requestText } from '../http/support/raw-client.ts';
import type { TestServer } from '../http/support/test-server.ts';
import { eventually } from '../support/eventually.ts';

const LARGE = 40_000;
/** Room for one large body beside the reserve. */
const NARROW = {
  bodyBytes: 50_000,
  bytesInWork: 60_000,
  bytesForSmall: 10_000,
  smallBytes: 2_000,
  bytesOfStreams: 1_000,
};

const narrow = (limits: object = {}) => testServer({ http: { limits: { ...NARROW, ...limits } } });

const bodyOf = (bytes: number, query = '{ hello }') => {
  const empty = JSON.stringify({ query, variables: { text: '' } });
  return JSON.stringify({ query, variables: { text: 'x'.repeat(bytes - empty.length) } });
};

function head(headers: Record<string, string | number>): string {
  const common = { host: 'localhost', 'content-type': 'application/json' };
  return requestText('POST /graphql HTTP/1.1', { ...common, ...headers });
}

/** Announces a large body, and sends none of it. */
function announce({ port }: TestServer, headers: Record<string, string | number> = {}): RawConnection {
  const raw = openRaw(port);
  raw.socket.write(head({ 'content-length': LARGE, ...headers }));
  return raw;
}

function upload({ port }: TestServer, body = bodyOf(LARGE)): RawConnection {
  const raw = openRaw(port);
  raw.socket.write(head({ 'content-length': body.length, connection: 'close' }) + body);
  return raw;
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Every way to hold the room for bodies, with what ends it. */
const HOLDERS: readonly (readonly [string, (server: TestServer) => Promise<() => unknown>])[] = [
  [
    'a body that was announced and does not come',
    async (server) => {
      const raw = announce(server);
      return () => raw.socket.destroy();
    },
  ],
  ...(
    [
      ['is reset', (raw: RawConnection) => raw.socket.resetAndDestroy()],
      ['is ended on its side alone', (raw: RawConnection) => raw.socket.end()],
    ] as const
  ).map(
    ([how, end]) =>
      [
        `a body whose connection ${how}`,
        async ({ port }: TestServer) => {
          const raw = openRaw(port, { allowHalfOpen: true });
          raw.socket.write(`${head({ 'content-length': LARGE })}{`);
          return () => end(raw);
        },
      ] as const,
  ),
  [
    'a body in chunks that stop making sense',
    async ({ port }) => {
      const raw = openRaw(port);
      raw.socket.write(head({ 'transfer-encoding': 'chunked' }) + chunk('x'.repeat(LARGE)));
      return () => raw.socket.write('no length\r\n');
    },
  ],
  [
    'a body in chunks that does not end',
    async ({ port }) => {
      const raw = openRaw(port);
      raw.socket.write(head({ 'transfer-encoding': 'chunked' }) + chunk('x'.repeat(LARGE)));
      return () => raw.socket.destroy();
    },
  ],
  [
    'a body that is whole while it is worked on',
    async (server) => {
      const raw = upload(server, bodyOf(LARGE, '{ lasting }'));
      return () => raw.socket.destroy();
    },
  ],
  [
    'a WebSocket message that does not end',
    async ({ port }) => {
      const { socket } = await new RawSocket(port).acknowledged();
      socket.send('x'.repeat(LARGE), { fin: false });
      return () => socket.terminate();
    },
  ],
  [
    'a WebSocket message while it is worked on',
    async ({ port }) => {
      const socket = await new RawSocket(port).acknowledged();
      socket.subscribe('1', '{ lasting }', { variables: { text: 'x'.repeat(LARGE) } });
      return () => socket.close();
    },
  ],
];

describe('bodies in flight', () => {
  it.each(HOLDERS)('wait for %s, and are read when it is gone', async (_what, hold) => {
    const server = await narrow();
    const { work } = server.http.intake;
    const end = await hold(server);
    await eventually(() => work.held >= LARGE);
    const waiting = upload(server);
    await eventually(() => work.waiting === 1);
    // Queries and watchers are not held up meanwhile.
    expect((await post(server.url, '{ hello }')).status).toBe(200);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(waiting.received()).toBe('');
    await end();
    await eventually(() => waiting.received().includes('Hello world'));
    await eventually(() => work.held === 0);
    waiting.socket.destroy();
  });

  it('are refused with 503 and when to come again, if there is no room for long', async () => {
    const server = await narrow({ waitingMs: 30 });
    const holder = announce(server);
    await eventually(() => server.http.intake.work.held === LARGE);
    const refused = upload(server);
    await refused.closed;
    const answer = parseAnswer(refused.received());
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code: 'BUSY' } }] });
    holder.socket.destroy();
  });

  it('are refused at once, if too many wait', async () => {
    // Half of the line is for others.
    const server = await narrow({ waitingBodies: 4 });
    const held = [announce(server), announce(server), announce(server)];
    await eventually(() => server.http.intake.work.waiting === 2);
    const refused = upload(server);
    await refused.closed;
    expect(parseAnswer(refused.received()).status).toBe(503);
    for (const raw of held) raw.socket.destroy();
    await eventually(() => server.http.intake.work.held === 0 && server.http.intake.work.waiting === 0);
  });

  it.each([
    ['large ones', 10_000, false],
    ['small ones', 2_000, false],
    ['large ones in chunks', 10_000, true],
    ['small ones in chunks', 1_000, true],
  ])('of one client that hoards room for %s keep no other client waiting', async (_what, bytes, inChunks) => {
    const server = await narrow({ waitingBodies: 100 });
    const body = bodyOf(bytes);
    const hoard = Array.from({ length: 20 }, () => {
      const raw = openRaw(server.port);
      const length: Record<string, string | number> = inChunks
        ? { 'transfer-encoding': 'chunked' }
        : { 'content-length': bytes };
      raw.socket.write(head({ 'x-client': 'hoarder', ...length }));
      if (inChunks) raw.socket.write(chunk(body.slice(0, -1)));
      return raw;
    });
    await eventually(() => server.http.intake.work.waiting > 0);
    const other = openRaw(server.port);
    other.socket.write(
      head({ 'x-client': 'other', connection: 'close', 'content-length': body.length }) + body,
    );
    await other.closed;
    expect(parseAnswer(other.received()).status).toBe(200);
    expect(server.http.intake.work.waiting).toBeGreaterThan(0);
    for (const raw of hoard) raw.socket.destroy();
  });

  it('are not asked for before there is room', async () => {
    const server = await narrow();
    const holder = announce(server);
    await eventually(() => server.http.intake.work.held === LARGE);
    const polite = announce(server, { expect: '100-continue' });
    await eventually(() => server.http.intake.work.waiting === 1);
    expect(polite.received()).toBe('');
    holder.socket.destroy();
    await eventually(() => polite.received().includes('100 Continue'));
    polite.socket.destroy();
  });

  it('lose their room when they come far too slowly', async () => {
    const server = await narrow({
      bodyGraceMs: 50,
      headersTimeoutMs: 400,
      requestTimeoutMs: 500,
      checkIntervalMs: 20,
    });
    const raw = announce(server);
    const dribble = setInterval(() => raw.socket.write('x'), 10);
    await raw.closed;
    clearInterval(dribble);
    expect(parseAnswer(raw.received()).status).toBe(408);
    await eventually(() => server.http.intake.work.held === 0);
  });

  it('may be as large as one may be, however small the room', async () => {
    const server = await narrow({ bytesInWork: 1 });
    const raw = upload(server, bodyOf(NARROW.bodyBytes));
    await eventually(() => raw.received().includes('Hello world'));
    raw.socket.destroy();
  });
});

describe('a subscription', () => {
  const QUERY = 'subscription { changes(characters: 1) }';

  it('does not hold the room for bodies, and gives its own back when it ends', async () => {
    const server = await narrow();
    const { streams, work } = server.http.intake;
    const events = await follow(server.url, QUERY);
    const socket = await new RawSocket(server.port).acknowledged();
    socket.subscribe('1', QUERY);
    await eventually(() => server.log.waiting === 2);
    expect([work.held, streams.held > 0]).toEqual([0, true]);
    events.leave();
    socket.send({ type: 'complete', id: '1' });
    await eventually(() => streams.held === 0);
    await socket.close();
  });

  it('is refused when what all of them were asked with takes too much', async () => {
    const server = await narrow();
    const variables = { text: 'x'.repeat(NARROW.bytesOfStreams) };
    const socket = await new RawSocket(server.port).acknowledged();
    socket.subscribe('1', QUERY, { variables });
    expect(await socket.take()).toMatchObject({
      type: 'next',
      payload: { errors: [{ extensions: { code: 'BUSY' } }] },
    });
    socket.subscribe('2', QUERY);
    await eventually(() => server.log.waiting === 1);
    await socket.close();
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: QUERY, variables }),
    });
    expect([response.status, response.headers.has('retry-after')]).toEqual([503, true]);
    await eventually(() => server.log.waiting === 0);
  });
});

describe('a WebSocket', () => {
  it('may send no more than it takes to introduce itself, before it has', async () => {
    const { port } = await testServer();
    const stranger = await new RawSocket(port).open();
    stranger.socket.send('x'.repeat(20_000), { fin: false });
    await stranger.closed;
    const known = await new RawSocket(port).acknowledged();
    known.socket.send(JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(20_000) } }));
    expect(await known.take()).toMatchObject({ type: 'pong' });
    await known.close();
  });

  it('that does not end its message is let go', async () => {
    const { http, port } = await testServer({
      http: { limits: { headersTimeoutMs: 100, requestTimeoutMs: 100 } },
    });
    const socket = await new RawSocket(port).acknowledged();
    const quiet = await new RawSocket(port).acknowledged();
    socket.socket.send('{', { fin: false });
    await socket.closed;
    await eventually(() => http.intake.work.held === 0);
    quiet.send({ type: 'ping' });
    expect(await quiet.take()).toMatchObject({ type: 'pong' });
    await quiet.close();
  });
});
