import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostName, isOwnHost, isOwnOrigin } from '../../src/http/guard.ts';
import { HttpServer } from '../../src/http/http-server.ts';
import { RawSocket } from '../conformance/support.ts';
import { post } from '../http/support/graphql-client.ts';
import { testServer } from '../http/support/own-server.ts';
import { requestText, sendRaw } from '../http/support/raw-client.ts';

const QUERY = JSON.stringify({ query: '{ me }' });

async function ask(port: number, headers: Record<string, string>, path = '/graphql') {
  const request = requestText(
    `POST ${path} HTTP/1.1`,
    {
      host: `localhost:${port}`,
      connection: 'close',
      'content-type': 'application/json',
      'content-length': QUERY.length,
      ...headers,
    },
    QUERY,
  );
  return sendRaw(port, request);
}

describe('the name that a request is for', () => {
  it('must be one of this machine', async () => {
    const { port } = await testServer();
    for (const host of [
      'localhost',
      `localhost:${port}`,
      'LOCALHOST',
      '127.0.0.1',
      '127.8.9.10:80',
      '[::1]:5001',
    ]) {
      expect((await ask(port, { host })).status).toBe(200);
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '10.0.0.1',
      'localhost@evil.example',
      '',
      'a b',
    ]) {
      const answer = await ask(port, { host });
      expect(answer.status).toBe(421);
      expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code: 'UNKNOWN_HOST' } }] });
    }
    expect((await sendRaw(port, 'GET / HTTP/1.1\r\n\r\n')).status).toBe(400);
    expect((await sendRaw(port, 'GET /healthz HTTP/1.0\r\n\r\n')).status).toBe(421);
  });

  it('may be the configured one, and any address where the server listens on all', () => {
    expect(isOwnHost('gpu-box.lan:5001', 'gpu-box.lan')).toBe(true);
    expect(isOwnHost('192.168.1.7:5001', '0.0.0.0')).toBe(true);
    expect(isOwnHost('[fe80::1]:5001', '::')).toBe(true);
    expect(isOwnHost('evil.example', '0.0.0.0')).toBe(false);
    expect(isOwnHost('192.168.1.8', '192.168.1.7')).toBe(false);
  });

  it('is read without its port, and never from text that is none', () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 0, max: 65_535 }), (name, port) => {
        expect(hostName(`${name}:${port}`)).toBe(name.toLowerCase());
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('/', '@', ' ', '\\', '#', '?', '%'), (text, mark) => {
        expect(hostName(`${text}${mark}localhost`)).toBeNull();
      }),
    );
  });
});

describe('a page of another site', () => {
  it('is refused by its origin', async () => {
    const { port } = await testServer();
    const host = `localhost:${port}`;
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost',
      `http://localhost:${port + 1}`,
      `file://${host}`,
    ]) {
      const answer = await ask(port, { origin });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('FORBIDDEN_ORIGIN');
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect((await ask(port, { origin: `http://${host}` })).status).toBe(200);
  });

  it('is refused by where its browser says it comes from', async () => {
    const { port } = await testServer();
    for (const site of ['cross-site', 'same-site', 'nonsense']) {
      expect((await ask(port, { 'sec-fetch-site': site })).status).toBe(403);
    }
    for (const site of ['same-origin', 'none'])
      expect((await ask(port, { 'sec-fetch-site': site })).status).toBe(200);
  });

  it('may link here, but not show it in a frame', async () => {
    const { port } = await testServer();
    const navigate = (dest: string) =>
      sendRaw(
        port,
        requestText('GET / HTTP/1.1', {
          host: `localhost:${port}`,
          connection: 'close',
          'sec-fetch-site': 'cross-site',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': dest,
        }),
      );
    const page = await navigate('document');
    expect([page.status, page.headers['x-frame-options']]).toEqual([200, 'DENY']);
    expect((await navigate('iframe')).status).toBe(403);
  });

  it('cannot open a WebSocket', async () => {
    const { port } = await testServer();
    await expect(new RawSocket(port, { headers: { origin: 'https://evil.example' } }).open()).rejects.toThrow(
      '403',
    );
    await expect(new RawSocket(port, { headers: { host: 'evil.example' } }).open()).rejects.toThrow('421');
    const own = await new RawSocket(port, { headers: { origin: `http://127.0.0.1:${port}` } }).open();
    await own.close();
  });

  it('gets no permission from a preflight', async () => {
    const { port } = await testServer();
    const answer = await sendRaw(
      port,
      requestText('OPTIONS /graphql HTTP/1.1', {
        host: `localhost:${port}`,
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        connection: 'close',
      }),
    );
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('is its own only with scheme, name and port', () => {
    fc.assert(
      fc.property(fc.webAuthority(), fc.webAuthority(), (a, b) => {
        expect(isOwnOrigin(`http://${a}`, b)).toBe(a.toLowerCase() === b.toLowerCase());
      }),
    );
  });
});

describe('what the settings allow beside', () => {
  const hosts = ['vramkeeper', 'host.docker.internal', 'gpu.example.com'];
  const APP = 'https://app.example';
  const allowing = () => testServer({ http: { hosts, origins: [APP, 'null'] } });

  it('are names that the server answers to', async () => {
    const { port } = await allowing();
    for (const host of [
      ...hosts,
      'vramkeeper:5001',
      'HOST.docker.internal:80',
      'gpu.example.com.',
      'localhost',
    ]) {
      expect([host, (await ask(port, { host })).status]).toEqual([host, 200]);
      const socket = await new RawSocket(port, { headers: { host } }).open();
      await socket.close();
    }
    // A proxy that ends TLS passes on the name that the page was opened by.
    expect((await ask(port, { host: 'gpu.example.com', origin: 'https://gpu.example.com' })).status).toBe(
      200,
    );
    for (const host of ['gpu.example.com.evil.example', 'keeper', 'evil.example']) {
      const answer = await ask(port, { host });
      expect(answer.status).toBe(421);
      expect(answer.body).toContain('`hosts`');
      expect(answer.body).toContain(host);
    }
  });

  it('are pages of other sites, which may read the answer', async () => {
    const { port } = await allowing();
    for (const origin of [APP, 'null']) {
      const answer = await ask(port, { origin, 'sec-fetch-site': 'cross-site' });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' });
      const socket = await new RawSocket(port, { headers: { origin } }).open();
      await socket.close();
    }
    const refused = await ask(port, { origin: APP }, '/nothing');
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([404, APP]);
    for (const origin of ['https://app.example.evil', 'http://app.example', 'https://app.example:444']) {
      const answer = await ask(port, { origin });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('`origins`');
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  const preflight = (port: number, origin: string) =>
    sendRaw(
      port,
      requestText('OPTIONS /graphql HTTP/1.1', {
        host: 'localhost',
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-apollo-operation-name',
        connection: 'close',
      }),
    );

  it('are told to a browser that asks first, one origin at a time, and without a key', async () => {
    const keys = [{ name: 'ci', key: 'a-key-of-sixteen+' }];
    const { port } = await testServer({ http: { keys, origins: [APP, 'https://other.example'] } });
    const answer = await preflight(port, APP);
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization,content-type,x-apollo-operation-name',
      vary: 'origin',
    });
    expect((await preflight(port, 'https://evil.example')).status).toBe(403);
    // Without its key, a page that is allowed learns that one is missing.
    const unknown = await ask(port, { origin: APP });
    expect([unknown.status, unknown.headers['access-control-allow-origin']]).toEqual([401, APP]);
  });

  it('may be all names and all pages', async () => {
    const { port } = await testServer({ http: { hosts: ['*'], origins: ['*'] } });
    const answer = await ask(port, { host: 'any.example', origin: 'https://any.page' });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, 'https://any.page']);
    expect((await ask(port, { host: 'not a name' })).status).toBe(421);
  });
});

describe('who asks', () => {
  const keys = [
    { name: 'ci', key: 'a-key-of-sixteen+', maxPriority: 'LOW' },
    { name: 'boss', key: 'another-long-enough-key', admin: true },
  ] as const;

  it('is on loopback whoever it says, anonymous if it does not', async () => {
    const { url, port } = await testServer();
    const me = async (headers?: Record<string, string>) =>
      (await post(url, '{ me }', { headers })).result.data?.me;
    expect(await me()).toBe('anonymous true HIGH');
    expect(await me({ 'x-client': 'night batch' })).toBe('night batch true HIGH');
    for (const name of ['x'.repeat(65), 'a\tb', 'n\u00e4me']) {
      expect((await ask(port, { 'x-client': name })).status).toBe(400);
    }
    const socket = await new RawSocket(port).acknowledged({ client: 'a page' });
    socket.subscribe('1', '{ me }');
    expect(await socket.take()).toMatchObject({ payload: { data: { me: 'a page true HIGH' } } });
    await socket.close();
  });

  it('may send any key where there are none, as client libraries always do', async () => {
    const { url, port } = await testServer();
    for (const headers of [
      { authorization: 'Bearer ollama' },
      { authorization: 'Bearer ' },
      { authorization: 'Basic b2xsYW1hOg==' },
      { 'x-api-key': 'sk-1234' },
      { 'x-api-key': '' },
    ]) {
      const { status, result } = await post(url, '{ me }', {
        headers: { ...headers, 'x-client': 'sdk' } as never,
      });
      expect([status, result.data?.me]).toEqual([200, 'sdk true HIGH']);
      await (await new RawSocket(port, { headers: { ...headers } as never }).acknowledged()).close();
    }
    const socket = await new RawSocket(port).acknowledged({ apiKey: 'any', client: 'sdk' });
    socket.subscribe('1', '{ me }');
    expect(await socket.take()).toMatchObject({ payload: { data: { me: 'sdk true HIGH' } } });
    await socket.close();
  });

  it('must show a key as soon as there are keys, on this machine too', async () => {
    const { url, port } = await testServer({ http: { keys } });
    for (const headers of [{}, { 'x-client': 'boss' }, { authorization: 'Basic Ym9zczo=' }]) {
      const { status, result } = await post(url, '{ me }', { headers: headers as never });
      expect([status, result.data]).toEqual([401, undefined]);
      expect((await fetch(`${url}/graphql?query={me}`, { headers: headers as never })).status).toBe(401);
      const socket = await new RawSocket(port, { headers: headers as never }).open();
      socket.send({ type: 'connection_init', payload: { client: 'boss' } });
      expect((await socket.closed).code).toBe(4403);
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('is the client of the key, where there are keys', async () => {
    const { url, port } = await testServer({ http: { keys } });
    const me = async (headers?: Record<string, string>) =>
      (await post(url, '{ me }', { headers })).result.data?.me;
    expect(await me({ authorization: 'Bearer a-key-of-sixteen+', 'x-client': 'other' })).toBe('ci false LOW');
    expect(await me({ 'x-api-key': 'another-long-enough-key' })).toBe('boss true HIGH');
    for (const key of ['wrong', '', 'a-key-of-sixteen', 'a-key-of-sixteen++']) {
      const answer = await ask(port, { 'x-api-key': key });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="vramkeeper"']);
    }
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

  it('must show a key where other machines can connect', async () => {
    const host = outside ?? '0.0.0.0';
    const { port } = await testServer({ http: { keys, host } });
    const send = (headers: Record<string, string>, path = '/graphql', line = 'POST') =>
      new Promise<string>((resolve) => {
        const socket = connect(port, host);
        let text = '';
        socket.on('data', (chunk) => {
          text += String(chunk);
        });
        socket.on('close', () => resolve(text.split('\r\n', 1)[0] ?? ''));
        const body = line === 'POST' ? QUERY : '';
        const common = {
          host: `${host}:${port}`,
          connection: 'close',
          'content-type': 'application/json',
          'content-length': body.length,
        };
        socket.write(requestText(`${line} ${path} HTTP/1.1`, { ...common, ...headers }, body));
      });
    expect(await send({ 'x-client': 'anyone' })).toContain('401');
    expect(await send({ 'x-api-key': 'a-key-of-sixteen+' })).toContain('200');
    expect(await send({}, '/healthz', 'GET')).toContain('200');
    expect(await send({}, '/', 'GET')).toContain('200');
  });

  it('may show it when a WebSocket introduces itself, and is refused with 4403 without', async () => {
    const { port } = await testServer({ http: { keys, host: '0.0.0.0' } });
    await expect(new RawSocket(port, { headers: { 'x-api-key': 'wrong' } }).open()).rejects.toThrow('401');
    const silent = await new RawSocket(port).open();
    silent.send({ type: 'connection_init' });
    expect((await silent.closed).code).toBe(4403);
    for (const [headers, payload] of [
      [{ authorization: 'Bearer a-key-of-sixteen+' }, undefined],
      [{}, { authorization: 'Bearer a-key-of-sixteen+' }],
      [{}, { apiKey: 'a-key-of-sixteen+' }],
    ] as const) {
      const socket = await new RawSocket(port, { headers }).acknowledged(payload);
      socket.subscribe('1', '{ me }');
      expect(await socket.take()).toMatchObject({ payload: { data: { me: 'ci false LOW' } } });
      await socket.close();
    }
  });

  it('is not known at all without keys, so the server does not start there', async () => {
    await expect(testServer({ http: { host: '0.0.0.0' } })).rejects.toMatchObject({
      code: 'INVALID_SETTING',
      message: expect.stringContaining('`keys`'),
    });
  });
});

describe('the listener', () => {
  it('is on loopback and nowhere else', async () => {
    const { http } = await testServer();
    expect(http).toBeInstanceOf(HttpServer);
    expect(http.url).toBe(`http://127.0.0.1:${http.port}`);
    const address = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
    if (!address) return;
    const refused = await new Promise((resolve) => {
      const socket = connect(http.port, address);
      socket.once('connect', () => resolve((socket.address() as AddressInfo).address));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(refused).toBe('ECONNREFUSED');
  });
});
