import { describe, expect, it } from 'vitest';
import { testServer } from '../http/support/own-server.ts';
import { openRaw, parseAnswer, requestText, sendRaw } from '../http/support/raw-client.ts';
import type { TestServer } from '../http/support/test-server.ts';
import { eventually } from '../support/eventually.ts';

const json = { 'content-type': 'application/json' };

function chunked(bytes: number, chunkBytes = 1_000): string {
  const chunk = `${chunkBytes.toString(16)}\r\n${'x'.repeat(chunkBytes)}\r\n`;
  return `${chunk.repeat(Math.ceil(bytes / chunkBytes))}0\r\n\r\n`;
}

describe('a body over the limit', () => {
  const limited = () => testServer({ http: { limits: { bodyBytes: 10_000 } } });

  it('is refused with 413 and the limit, whether its length is told or not', async () => {
    const { port } = await limited();
    const host = `localhost:${port}`;
    const told = requestText(
      'POST /graphql HTTP/1.1',
      { host, ...json, 'content-length': 20_000 },
      'x'.repeat(20_000),
    );
    const untold = requestText(
      'POST /graphql HTTP/1.1',
      { host, ...json, 'transfer-encoding': 'chunked' },
      chunked(200_000),
    );
    for (const text of [told, untold]) {
      const answer = await sendRaw(port, text);
      expect(answer.status).toBe(413);
      expect(answer.headers).toMatchObject({ connection: 'close', 'x-max-body-bytes': '10000' });
      const [error] = (JSON.parse(answer.body) as { errors: { message: string; extensions: object }[] })
        .errors;
      expect(error).toMatchObject({ extensions: { code: 'BODY_TOO_LARGE' } });
      expect(error?.message).toContain('limit of 10000 bytes');
    }
  });

  it('is refused before it is sent, when the caller asks first', async () => {
    const { port } = await limited();
    const ask = (length: number) =>
      requestText('POST /graphql HTTP/1.1', {
        host: `localhost:${port}`,
        ...json,
        'content-length': length,
        expect: '100-continue',
        connection: 'close',
      });
    const large = openRaw(port);
    large.socket.write(ask(20_000));
    await eventually(() => large.received().includes('413'));
    expect(large.received()).not.toContain('100 Continue');
    large.socket.destroy();

    const body = JSON.stringify({ query: '{ hello }' });
    const small = openRaw(port);
    small.socket.write(ask(body.length));
    await eventually(() => small.received().includes('100 Continue'));
    small.socket.write(body);
    await small.closed;
    expect(small.received()).toContain('Hello world');
  });

  it('that never ends is not read for ever', async () => {
    const { port } = await testServer({ http: { limits: { bodyBytes: 10_000, lingerMs: 50 } } });
    const raw = openRaw(port);
    raw.socket.write(
      requestText('POST /graphql HTTP/1.1', { host: 'localhost', ...json, 'transfer-encoding': 'chunked' }),
    );
    const more = setInterval(() => raw.socket.write(chunked(1_000).slice(0, -5)), 1);
    await raw.closed;
    clearInterval(more);
    expect(parseAnswer(raw.received()).status).toBe(413);
  });

  it('just within it is taken', async () => {
    const { port } = await limited();
    const body = JSON.stringify({ query: '{ hello }', variables: { text: 'x'.repeat(9_950) } });
    expect(body.length).toBeLessThanOrEqual(10_000);
    const answer = await sendRaw(
      port,
      requestText(
        'POST /graphql HTTP/1.1',
        { host: 'localhost', ...json, 'content-length': body.length, connection: 'close' },
        body,
      ),
    );
    expect(answer.status).toBe(200);
  });
});

describe('a caller that dawdles', () => {
  const hasty = () =>
    testServer({ http: { limits: { headersTimeoutMs: 100, requestTimeoutMs: 200, checkIntervalMs: 20 } } });

  it('over its headers is let go', async () => {
    const { port } = await hasty();
    const raw = openRaw(port);
    raw.socket.write('POST /graphql HTTP/1.1\r\nhost: localhost\r\n');
    await raw.closed;
    expect(parseAnswer(raw.received())).toMatchObject({ status: 408 });
  });

  it('over its body is let go', async () => {
    const { port } = await hasty();
    const raw = openRaw(port);
    raw.socket.write(
      requestText('POST /graphql HTTP/1.1', { host: 'localhost', ...json, 'content-length': 100 }, '{'),
    );
    await raw.closed;
    expect([408, 400]).toContain(parseAnswer(raw.received()).status);
  });

  it('over reading a stream is not', async () => {
    const { port, log } = await hasty();
    const body = JSON.stringify({ query: 'subscription { changes(characters: 5) }' });
    const raw = openRaw(port);
    raw.socket.write(
      requestText(
        'POST /graphql HTTP/1.1',
        { host: 'localhost', ...json, accept: 'text/event-stream', 'content-length': body.length },
        body,
      ),
    );
    await eventually(() => raw.received().split('xxxxx').length === 2);
    // Somebody who came later and dawdles is let go: every time-out has passed.
    const later = openRaw(port);
    later.socket.write(
      requestText('POST /graphql HTTP/1.1', { host: 'localhost', ...json, 'content-length': 100 }, '{'),
    );
    await later.closed;
    log.publish({ kind: 'vram' }, 1);
    await eventually(() => raw.received().split('xxxxx').length === 3);
    raw.socket.destroy();
    await eventually(() => log.waiting === 0);
  });
});

describe('a request that makes no sense', () => {
  const send = (
    { port }: TestServer,
    line: string,
    headers: Record<string, string | number> = {},
    body = '',
  ) => sendRaw(port, requestText(line, { host: `localhost:${port}`, connection: 'close', ...headers }, body));

  it('for a path that is not there is 404, however it is written', async () => {
    const server = await testServer();
    for (const path of [
      '/nothing',
      '/../../etc/passwd',
      '/graphql/../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/graphql%00',
      '//graphql',
      '/graphql/',
      '/GRAPHQL',
    ]) {
      const answer = await send(server, `GET ${path} HTTP/1.1`);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'NOT_FOUND' } });
    }
  });

  it('with a target that is no path is 400', async () => {
    const server = await testServer();
    for (const target of ['http://localhost/graphql', 'localhost/graphql', '*']) {
      expect((await send(server, `GET ${target} HTTP/1.1`)).status).toBe(400);
    }
  });

  it('with another method is 405 and says which there are', async () => {
    const server = await testServer();
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const answer = await send(server, `${method} /graphql HTTP/1.1`);
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, POST']);
    }
    expect((await send(server, 'POST /healthz HTTP/1.1')).headers.allow).toBe('GET');
    const head = await send(server, 'HEAD /healthz HTTP/1.1');
    expect([head.status, head.body]).toEqual([200, '']);
    const { port } = server;
    const tunnel = openRaw(port);
    tunnel.socket.write('CONNECT localhost:22 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await tunnel.closed;
    expect(tunnel.received()).toBe('');
  });

  it('with too much in its head is 431 or 414', async () => {
    const server = await testServer();
    expect((await send(server, 'GET /healthz HTTP/1.1', { 'x-long': 'x'.repeat(20_000) })).status).toBe(431);
    expect((await send(server, `GET /graphql?query=${'x'.repeat(9_000)} HTTP/1.1`)).status).toBe(414);
  });

  it('that could be read as two is refused', async () => {
    const { port } = await testServer();
    const smuggled = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n';
    for (const headers of [
      ['content-length: 4', 'content-length: 60'],
      ['content-length: 4', 'transfer-encoding: chunked'],
      ['transfer-encoding: chunked, identity'],
      ['transfer-encoding: xchunked'],
      ['content-length: +4'],
      ['content-length: 0x10'],
      ['content-length : 4'],
    ]) {
      const text = `POST /graphql HTTP/1.1\r\nhost: localhost\r\n${headers.join('\r\n')}\r\n\r\n0\r\n\r\n${smuggled}`;
      const { socket, received, closed } = openRaw(port);
      socket.write(text);
      await closed;
      expect([headers, parseAnswer(received()).status]).toEqual([headers, 400]);
      expect(received()).not.toContain('alive');
    }
  });

  it('that is no HTTP at all gets 400 as JSON, and the server goes on', async () => {
    const server = await testServer();
    for (const text of [
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'hello there\r\n\r\n',
      `\0${'\xff'.repeat(100)}\r\n\r\n`,
    ]) {
      const answer = await sendRaw(server.port, text);
      expect([answer.status, answer.headers['content-type']]).toEqual([
        400,
        'application/json; charset=utf-8',
      ]);
    }
    expect((await send(server, 'GET /healthz HTTP/1.1')).status).toBe(200);
  });

  it('offering another protocol is answered in this one; a WebSocket elsewhere is 404', async () => {
    const server = await testServer();
    const http2 = await send(server, 'GET /healthz HTTP/1.1', {
      connection: 'upgrade, close',
      upgrade: 'h2c',
    });
    expect(http2.status).toBe(200);
    const elsewhere = await send(server, 'GET /healthz HTTP/1.1', {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': 13,
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    });
    expect(elsewhere.status).toBe(404);
    const broken = await send(server, 'GET /graphql HTTP/1.1', {
      connection: 'upgrade',
      upgrade: 'websocket',
    });
    expect(broken.status).toBeGreaterThanOrEqual(400);
  });
});

describe('an answer', () => {
  it('never shows a stack, and always forbids guessing its type and framing it', async () => {
    const server = await testServer({
      http: {
        routes: [
          {
            path: '/fails',
            methods: ['GET'],
            handle: () => {
              throw new Error('secret reason');
            },
          },
        ],
      },
    });
    const answer = await sendRaw(
      server.port,
      requestText('GET /fails HTTP/1.1', { host: 'localhost', connection: 'close' }),
    );
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'INTERNAL_ERROR' } });
    expect(answer.body).not.toMatch(/secret|\.ts|at /);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    expect(server.lines.some((line) => String(line.fields.error).includes('secret reason'))).toBe(true);
  });
});
