import { describe, expect, it } from 'vitest';
import { collect, follow, post } from './support/graphql-client.ts';
import { testServer } from './support/own-server.ts';
import { eventually } from './support/test-server.ts';

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
