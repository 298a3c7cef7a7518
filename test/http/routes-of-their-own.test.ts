/** Routes that keep rules of another API: their own guard, methods, body limit, and bodies that are passed on. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { HttpRefusal } from '../../src/http/refusal.ts';
import { sendJson } from '../../src/http/respond.ts';
import type { Route } from '../../src/http/route.ts';
import { eventually } from '../support/eventually.ts';
import { testServer } from './support/own-server.ts';
import { openRaw, parseAnswer, requestText, sendRaw } from './support/raw-client.ts';

const HASTY = { headersTimeoutMs: 100, requestTimeoutMs: 200, checkIntervalMs: 20, bodyGraceMs: 20 };

/** Answers how many bytes came. */
const counting: Route = {
  path: '/count/*',
  methods: 'any',
  bodyBytes: 30_000,
  refusalBody: ({ message }) => ({ oops: message }),
  async handle({ response, request, body }) {
    const bytes = request.method === 'POST' ? (await body()).take().length : 0;
    sendJson(response, 200, { method: request.method, bytes });
  },
};

/** Answers how many bytes it saw going by. */
const passingOn: Route = {
  path: '/pass',
  methods: ['POST'],
  async handle({ response, stream }) {
    let bytes = 0;
    for await (const chunk of stream()) bytes += chunk.length;
    sendJson(response, 200, { bytes });
  },
};

const choosy: Route = {
  path: '/choosy',
  methods: 'any',
  guard: {
    check(_method, { host }) {
      if (host !== 'only.example') throw new HttpRefusal('UNKNOWN_HOST', 'not by that name');
    },
    allowedOrigin: ({ origin }) => (origin === 'app://mine' ? origin : null),
    answerPreflight(_request, response) {
      response.writeHead(204, { 'x-own': 'yes' });
      response.end();
    },
  },
  handle: ({ response }) => sendJson(response, 200, {}),
};

const server = (limits: object = {}) =>
  testServer({ http: { routes: [counting, passingOn, choosy], limits: { bodyBytes: 10_000, ...limits } } });

function posted(path: string, bytes: number, headers: Record<string, string> = {}): string {
  const all = { host: 'localhost', 'content-length': bytes, connection: 'close', ...headers };
  return requestText(`POST ${path} HTTP/1.1`, all, 'x'.repeat(bytes));
}

describe('a route', () => {
  it('that takes any method is given each', async () => {
    const { url } = await server();
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const response = await fetch(`${url}/count/it`, { method });
      expect(await response.json()).toEqual({ method, bytes: 0 });
    }
  });

  it('has a limit of its own for bodies, beside that of all others', async () => {
    const { port } = await server();
    const taken = await sendRaw(port, posted('/count/it', 30_000));
    expect(JSON.parse(taken.body)).toEqual({ method: 'POST', bytes: 30_000 });
    const refused = await sendRaw(port, posted('/count/it', 30_001));
    expect(refused.status).toBe(413);
    expect(JSON.parse(refused.body).oops).toContain('30000');
  });

  it.each([
    ['of a told length', { 'content-length': '100' }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('refuses a body %s that takes too long', async (_how, headers) => {
    const { port } = await server(HASTY);
    const raw = openRaw(port);
    raw.socket.write(requestText('POST /count/it HTTP/1.1', { host: 'localhost', ...headers }, ''));
    await raw.closed;
    expect(parseAnswer(raw.received()).status).toBe(408);
  });

  it('that passes a body on has no limit in bytes, and none in time while it moves', async () => {
    const { port } = await server(HASTY);
    const raw = openRaw(port);
    const headers = { host: 'localhost', connection: 'close', 'transfer-encoding': 'chunked' };
    raw.socket.write(requestText('POST /pass HTTP/1.1', headers));
    const start = performance.now();
    let sent = 0;
    // Each look sends a piece: the pace of a slow sender, which is what is tried.
    await eventually(() => {
      raw.socket.write(`3e8\r\n${'x'.repeat(1_000)}\r\n`);
      sent += 1_000;
      return sent > 10_000 && performance.now() - start >= 3 * HASTY.requestTimeoutMs;
    });
    raw.socket.write('0\r\n\r\n');
    await raw.closed;
    const answer = parseAnswer(raw.received());
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(`{"bytes":${sent}}`);
  });

  it('that passes a body on lets a caller go on who asked to be told so', async () => {
    const { port } = await server();
    const raw = openRaw(port);
    const headers = { host: 'localhost', connection: 'close', 'content-length': 4, expect: '100-continue' };
    raw.socket.write(requestText('POST /pass HTTP/1.1', headers));
    await once(raw.socket, 'data');
    expect(raw.received()).toMatch(/^HTTP\/1.1 100 Continue/);
    raw.socket.write('abcd');
    await raw.closed;
    expect(raw.received()).toContain('{"bytes":4}');
  });

  it('lets in whom its own guard lets in, and nobody else', async () => {
    const { port } = await server();
    const asked = (method: string, path: string, headers: Record<string, string>) =>
      sendRaw(port, requestText(`${method} ${path} HTTP/1.1`, { connection: 'close', ...headers }));
    expect(await asked('GET', '/choosy', { host: 'only.example' })).toMatchObject({ status: 200 });
    expect(await asked('GET', '/choosy', { host: 'localhost' })).toMatchObject({ status: 421 });
    expect(await asked('GET', '/count/it', { host: 'only.example' })).toMatchObject({ status: 421 });
    const page = { host: 'only.example', origin: 'app://mine', 'access-control-request-method': 'POST' };
    expect(await asked('OPTIONS', '/choosy', page)).toMatchObject({
      status: 204,
      headers: { 'x-own': 'yes', 'access-control-allow-origin': 'app://mine' },
    });
  });
});

it('a body that nobody reads is not waited for for ever', async () => {
  const { port } = await server(HASTY);
  const raw = openRaw(port);
  raw.socket.write(
    requestText('GET /count/it HTTP/1.1', { host: 'localhost', 'transfer-encoding': 'chunked' }),
  );
  const dripping = setInterval(() => raw.socket.write('1\r\nx\r\n'), 10);
  await raw.closed;
  clearInterval(dripping);
  expect(parseAnswer(raw.received()).status).toBe(200);
});
