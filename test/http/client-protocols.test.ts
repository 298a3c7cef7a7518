import { describe, expect, it } from 'vitest';
import { RawSocket } from '../conformance/support.ts';
import { eventually } from '../support/eventually.ts';
import { testServer } from './support/own-server.ts';
import { requestText, sendRaw } from './support/raw-client.ts';

const extensions = {
  persistedQuery: {
    version: 1,
    sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38',
  },
};
const REFUSED = {
  errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
};

type Answer = { readonly status: number; readonly type: string | null; readonly text: string };

async function answered(response: Response): Promise<Answer> {
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

async function post(url: string, body: unknown, accept = 'application/json'): Promise<Answer> {
  return answered(
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
    }),
  );
}

async function get(url: string, parameters: Record<string, string>): Promise<Answer> {
  return answered(
    await fetch(`${url}/graphql?${new URLSearchParams(parameters)}`, {
      headers: { accept: 'application/json' },
    }),
  );
}

describe('a client of persisted queries', () => {
  const WITHOUT_QUERY: readonly (readonly [string, Record<string, unknown>])[] = [
    ['the hash of Apollo and urql', { extensions }],
    ['the hash and no query', { query: null, extensions }],
    ['the hash and an empty query', { query: '', extensions }],
    ['the id of a document', { documentId: 'sha256:ecf4edb4' }],
    ['the id of Relay', { doc_id: '1234', variables: {} }],
    ['the id of others', { queryId: 'Hello' }],
  ];

  it.each(WITHOUT_QUERY)(
    'that sends %s is told to send the query, on which it does',
    async (_what, params) => {
      const { url, port } = await testServer();
      for (const accept of [
        'application/json',
        'application/graphql-response+json, application/json;q=0.9',
        '*/*',
      ]) {
        const { status, text } = await post(url, params, accept);
        expect([status, JSON.parse(text)]).toEqual([200, REFUSED]);
      }
      const parameters = Object.fromEntries(
        Object.entries(params).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      );
      if (params.query !== null) {
        const { status, text } = await get(url, parameters);
        expect([status, JSON.parse(text)]).toEqual([200, REFUSED]);
      }
      const socket = await new RawSocket(port).acknowledged();
      socket.send({ type: 'subscribe', id: '1', payload: params });
      expect(await socket.take()).toEqual({ type: 'next', id: '1', payload: REFUSED });
      expect(await socket.take()).toEqual({ type: 'complete', id: '1' });
      socket.send({ type: 'subscribe', id: '1', payload: { query: '{ hello }', extensions } });
      expect(await socket.take()).toMatchObject({ payload: { data: { hello: 'Hello world' } } });
      await socket.close();
      expect((await post(url, { query: '{ hello }', extensions })).text).toContain('Hello world');
      expect((await get(url, { query: '{ hello }', extensions: JSON.stringify(extensions) })).text).toContain(
        'Hello world',
      );
    },
  );

  it('is told apart from one that forgot the query', async () => {
    const { url, port } = await testServer();
    for (const body of [{}, { extensions: {} }, { extensions: null }, { operationName: 'Hello' }]) {
      expect((await post(url, body)).text).toContain('Must provide query string');
    }
    const socket = await new RawSocket(port).acknowledged();
    socket.send({ type: 'subscribe', id: '1', payload: {} });
    expect((await socket.closed).code).toBe(4400);
  });
});

describe('parameters in the address', () => {
  it.each(['variables', 'extensions'])('that are not JSON are refused by name: %s', async (name) => {
    const { url } = await testServer();
    const { status, text } = await get(url, { query: '{ hello }', [name]: '{bad' });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    expect(text).toContain(name);
  });

  it('that mean nothing are left alone', async () => {
    const { url } = await testServer();
    expect((await get(url, { query: '{ hello }', _: '123' })).text).toContain('Hello world');
  });
});

describe('what a client accepts', () => {
  const QUERY = { query: '{ hello }' };
  const SUBSCRIPTION = { query: 'subscription { count(to: 2) }' };
  const APOLLO = 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0",application/json';

  it.each([
    '*/*',
    '',
    'application/json',
    'APPLICATION/JSON',
    'application/*',
    'application/graphql-response+json, application/json;q=0.9',
    'multipart/mixed;deferSpec=20220824,application/json',
    APOLLO,
    'text/html, */*;q=0.1',
  ])('is found in %j for a query', async (accept) => {
    const { url } = await testServer();
    const { status, text, type } = await post(url, QUERY, accept);
    expect([status, JSON.parse(text)]).toEqual([200, { data: { hello: 'Hello world' } }]);
    expect(type).toMatch(/^application\/(graphql-response\+)?json; charset=utf-8$/);
  });

  it.each([
    'text/event-stream',
    'text/event-stream, application/json',
    '*/*',
    'text/*',
    `${APOLLO}, text/event-stream`,
  ])('is found in %j for a subscription', async (accept) => {
    const { url } = await testServer();
    const { status, text, type } = await post(url, SUBSCRIPTION, accept);
    expect([status, type]).toEqual([200, 'text/event-stream']);
    expect(text.split('event: next')).toHaveLength(3);
  });

  it.each([
    'text/html',
    'image/png',
    'application/xml',
    'application/graphql+json',
    'application/json;q=0',
    'a;;;',
  ])('is nothing in %j, and nothing is run', async (accept) => {
    const { url } = await testServer();
    for (const body of [QUERY, SUBSCRIPTION]) {
      const { status, text } = await post(url, body, accept);
      expect(status).toBe(406);
      expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'NOT_ACCEPTABLE' } }] });
      expect(text).toContain('application/json');
    }
  });

  it.each([APOLLO, 'application/json', 'application/graphql-response+json', 'multipart/mixed'])(
    'is no stream of events in %j, which a subscription says; nothing goes on',
    async (accept) => {
      const { url, log } = await testServer();
      const { status, text } = await post(url, { query: 'subscription { changes(characters: 1) }' }, accept);
      expect(status).toBe(406);
      expect(text).toContain('text/event-stream');
      expect(text).toContain('WebSocket');
      await eventually(() => log.waiting === 0);
    },
  );

  it('is told by one header that has one value', async () => {
    const { port } = await testServer();
    const body = JSON.stringify(QUERY);
    const text = requestText(
      'POST /graphql HTTP/1.1',
      {
        host: 'localhost',
        connection: 'close',
        'content-type': 'application/json',
        'content-length': body.length,
      },
      body,
    );
    expect((await sendRaw(port, text)).headers['content-type']).toBe('application/json; charset=utf-8');
    const raw = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(raw.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });
});
