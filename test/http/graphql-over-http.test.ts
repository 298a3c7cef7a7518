import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { collect, follow, post } from './support/graphql-client.ts';
import { testServer } from './support/own-server.ts';

describe('GraphQL over HTTP', () => {
  it('answers queries by POST and GET, and mutations by POST alone', async () => {
    const { url } = await testServer();
    const answer = await post(url, 'query ($name: String) { hello(name: $name) }', {
      variables: { name: 'you' },
    });
    expect(answer).toMatchObject({ status: 200, result: { data: { hello: 'Hello you' } } });
    const get = await fetch(`${url}/graphql?query=${encodeURIComponent('{ hello }')}`);
    expect(await get.json()).toEqual({ data: { hello: 'Hello world' } });
    const mutation = await fetch(`${url}/graphql?query=${encodeURIComponent('mutation { touch }')}`);
    expect(mutation.status).toBe(405);
    expect((await post(url, 'mutation { touch }')).result).toEqual({ data: { touch: true } });
  });

  it('takes JSON only, one operation at a time', async () => {
    const { url } = await testServer();
    for (const type of [
      'text/plain',
      'application/graphql',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"query":"{ hello }"}',
      });
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({
        errors: [{ extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }],
      });
    }
    const batch = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[{"query":"{ hello }"},{"query":"{ hello }"}]',
    });
    expect(batch.status).toBe(400);
  });

  it('gives a browser GraphiQL, with nothing in it from elsewhere', async () => {
    const { url } = await testServer();
    const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    const html = await page.text();
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
    expect(html).toContain('SubmitJob');
    expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="?(https?:)?\/\//);
  });
});

describe('with keys, a browser', () => {
  const KEY = 'a-key-of-sixteen+';
  const keyed = (graphiql = true) =>
    testServer({ http: { keys: [{ name: 'ci', key: KEY }] }, graphql: { graphiql, needsKey: true } });
  const asBrowser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  it('gets the pages themselves without a key, and runs nothing without one', async () => {
    const { url } = await keyed();
    const home = await fetch(url, { headers: asBrowser });
    expect([home.status, await home.text()]).toEqual([200, expect.stringContaining('href="/graphql"')]);
    for (const path of ['/graphql', '/graphql?query={me}', '/graphql?query={me}&extensions={}']) {
      const page = await fetch(`${url}${path}`, { headers: asBrowser });
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
      expect((await page.text()).includes('anonymous false')).toBe(false);
    }
    // What the page then asks for is no page.
    for (const accept of [
      '*/*',
      'application/json',
      'text/event-stream',
      'application/graphql-response+json',
    ]) {
      expect((await fetch(`${url}/graphql?query={me}`, { headers: { accept } })).status).toBe(401);
    }
    const posted = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...asBrowser, 'content-type': 'application/json' },
      body: '{"query":"{ me }"}',
    });
    expect(posted.status).toBe(401);
    const head = await fetch(`${url}/graphql?query={me}`, { method: 'HEAD', headers: asBrowser });
    expect(head.status).toBe(401);
  });

  it('finds no way in by asking for a page that there is not', async () => {
    const { url } = await keyed(false);
    expect((await fetch(`${url}/graphql?query={me}`, { headers: asBrowser })).status).toBe(401);
  });

  it('is asked for the key where GraphiQL takes headers, which it sends with subscriptions too', async () => {
    const { url } = await keyed();
    const page = await (await fetch(`${url}/graphql`, { headers: asBrowser })).text();
    expect(page.includes('Bearer YOUR-KEY')).toBe(true);
    expect(page.includes('"defaultEditorToolsVisibility":"headers"')).toBe(true);
    // Over WebSocket it would not send them.
    expect(page.includes('"subscriptionsProtocol":"SSE"')).toBe(true);
    expect(page.includes('"shouldPersistHeaders":false')).toBe(true);
    const events = await fetch(`${url}/graphql?query=subscription{count(to:1)}`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${KEY}` },
    });
    expect(await events.text()).toContain('"count":1');
    const { status, result } = await post(url, '{ __schema { queryType { name } } }', {
      headers: { authorization: 'Bearer YOUR-KEY' },
    });
    expect(status).toBe(401);
    expect(result.errors?.[0]?.message).toContain('Authorization: Bearer KEY');
  });
});

describe('errors', () => {
  it('that were not meant to be seen are logged under an id, and only the id is told', async () => {
    const { url, lines } = await testServer();
    for (const field of ['broken', 'closed']) {
      const { status, result } = await post(url, `{ hello ${field} }`);
      expect(status).toBe(200);
      expect(result.data).toEqual({ hello: 'Hello world', [field]: null });
      const [error] = result.errors ?? [];
      expect(error).toMatchObject({ path: [field], extensions: { code: 'INTERNAL_ERROR' } });
      expect(JSON.stringify(result)).not.toContain('secret');
      expect(error?.extensions).not.toHaveProperty('unexpected');
      const logged = lines.find((line) => line.fields.errorId === error?.extensions?.errorId);
      expect(logged?.fields.error).toContain('secret reason');
    }
    expect(lines.filter((line) => line.level === 'error')).toHaveLength(2);
  });

  it('that were meant to be seen keep their message and code, and are not logged', async () => {
    const { url, lines } = await testServer();
    const { result } = await post(url, '{ refused }');
    expect(result.errors).toMatchObject([
      { message: 'There is no such thing.', extensions: { code: 'NOT_FOUND' } },
    ]);
    expect(lines).toEqual([]);
  });

  it('of syntax, validation and variables have codes', async () => {
    const { url } = await testServer();
    const code = async (query: string, variables?: object) => {
      const { status, result } = await post(url, query, { variables });
      return [status, result.errors?.[0]?.extensions?.code];
    };
    expect(await code('{ hello')).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
    expect(await code('{ goodbye }')).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    expect(await code('query ($name: String) { hello(name: $name) }', { name: 3 })).toEqual([
      400,
      'BAD_USER_INPUT',
    ]);
  });
});

describe('a caller that does not wait for its answer', () => {
  it('ends its signal, and is no error of the server', async () => {
    const { url, log, lines, http } = await testServer();
    const leave = new AbortController();
    const asked = fetch(`${url}/graphql?query=%7Blasting%7D`, { signal: leave.signal });
    await eventually(() => log.waiting === 1);
    leave.abort();
    await expect(asked).rejects.toThrow();
    expect((await post(url, '{ hello }')).status).toBe(200);
    await http.stop();
    expect(lines.filter((line) => line.level === 'error')).toEqual([]);
  });
});

describe('server-sent events', () => {
  it('carry a subscription to its end', async () => {
    const { url } = await testServer();
    const { response, events } = await follow(url, 'subscription { count(to: 3) }');
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const all = await collect(events);
    expect(all).toEqual([
      ...[1, 2, 3].map((count) => ({ event: 'next', data: { data: { count } } })),
      { event: 'complete', data: null },
    ]);
  });

  it('tell a refusal and a failure half-way as GraphQL errors', async () => {
    const { url, lines } = await testServer();
    const refused = await follow(url, 'subscription { refused }');
    expect((await collect(refused.events))[0]?.data).toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    });
    const failing = await follow(url, 'subscription { count(to: 3, failAt: 2) }');
    const seen = await collect(failing.events);
    expect(seen[0]?.data).toEqual({ data: { count: 1 } });
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect(lines.some((line) => String(line.fields.error).includes('secret reason'))).toBe(true);
  });

  it('end their source when the reader leaves', async () => {
    const { url, log } = await testServer();
    const readers = await Promise.all(
      Array.from({ length: 10 }, () => follow(url, 'subscription { changes(characters: 1) }')),
    );
    for (const { events } of readers) await events.next();
    await eventually(() => log.waiting === 10);
    for (const { leave } of readers) leave();
    await eventually(() => log.waiting === 0);
  });
});
