import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import type { Route } from '../../src/http/route.ts';
import { healthRoutes } from '../../src/http/routes/health-routes.ts';
import { RawSocket } from '../conformance/support.ts';
import { eventually } from '../support/eventually.ts';
import { collect, follow, post } from './support/graphql-client.ts';
import { testServer } from './support/own-server.ts';
import { openRaw, requestText } from './support/raw-client.ts';
import { startTestServer, type TestServer } from './support/test-server.ts';

async function occupiedPort(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  return (other.address() as AddressInfo).port;
}

/** How many requests have reached each of the routes below. */
const entered = new Map<string, number>();

function heldRoute(path: string, until: Promise<void>): Route {
  return {
    path,
    methods: ['GET'],
    handle: async ({ response }) => {
      entered.set(path, (entered.get(path) ?? 0) + 1);
      await until;
      response.end('done');
    },
  };
}

describe('starting', () => {
  it('twice is starting once', async () => {
    const { http, port } = await testServer();
    await http.start();
    expect(http.port).toBe(port);
  });

  it('on a port in use says what to do', async () => {
    const port = await occupiedPort();
    await expect(testServer({ http: { port } })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      port,
      message: expect.stringContaining('--port'),
    });
  });

  it('takes another port where it may', async () => {
    const port = await occupiedPort();
    const server = await testServer({ http: { port, portFallback: true } });
    expect(server.port).not.toBe(port);
    expect((await post(server.url, '{ hello }')).status).toBe(200);
  });

  it('on an address that is not there says what to do', async () => {
    const keys = [{ name: 'ci', key: 'a-key-of-sixteen+' }];
    await expect(testServer({ http: { host: '192.0.2.1', keys } })).rejects.toMatchObject({
      code: 'CANNOT_LISTEN',
      message: expect.stringContaining('--host'),
    });
  });
});

describe('the paths for watchers', () => {
  it('tell that the server is alive and ready, and where to go', async () => {
    const { url } = await testServer();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
    const page = await fetch(url, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('/graphql');
    expect(await (await fetch(url)).text()).toBe('Ollama is running');
  });

  it('tell while it stops that it is alive but not ready, and new work is refused', async () => {
    let answer: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const server: TestServer = await startTestServer({
      http: {
        routes: [
          heldRoute('/held', held),
          ...healthRoutes(() => (server.http.isStopping ? 'stopping' : null)),
        ],
      },
    });
    const [ready, alive, work] = [openRaw(server.port), openRaw(server.port), openRaw(server.port)];
    for (const raw of [ready, alive, work])
      raw.socket.write(requestText('GET /held HTTP/1.1', { host: 'localhost' }));
    await eventually(() => entered.get('/held') === 3);
    const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stopped = server.http.stop({
      beforeStreamsEnd: () => {
        reached.resolve();
        return goOn.promise;
      },
    });
    // The connections are in use when the server closes, so they are not among the idle ones that it ends.
    await reached.promise;
    answer();
    await eventually(() => [ready, alive, work].every((raw) => raw.received().includes('done')));
    ready.socket.write(requestText('GET /readyz HTTP/1.1', { host: 'localhost' }));
    alive.socket.write(requestText('GET /healthz HTTP/1.1', { host: 'localhost' }));
    work.socket.write(requestText('GET /held HTTP/1.1', { host: 'localhost' }));
    await eventually(() => ready.received().includes('503'));
    await eventually(() => alive.received().includes('alive'));
    await eventually(() => work.received().includes('STOPPING'));
    goOn.resolve();
    await stopped;
  });
});

describe('stopping', () => {
  it('goes in order, ends streams without calling them complete, and closes sockets with 1001', async () => {
    const server = await startTestServer();
    const order: string[] = [];
    const sse = await follow(server.url, 'subscription { changes(characters: 1) }');
    await sse.events.next();
    const socket = await new RawSocket(server.port).acknowledged();
    socket.subscribe('1', 'subscription { changes(characters: 1) }');
    await socket.take();
    const idle = openRaw(server.port);
    idle.socket.write(requestText('GET /healthz HTTP/1.1', { host: 'localhost' }));
    await eventually(() => idle.received().includes('alive') && server.log.waiting === 2);
    const rest = collect(sse.events).then((events) => {
      order.push('stream');
      return events;
    });
    const closed = socket.closed.then((reason) => {
      order.push('socket');
      return reason;
    });

    const stopped = server.http.stop({
      beforeStreamsEnd: async () => {
        await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
        order.push('hook');
      },
    });
    await Promise.all([stopped, server.http.stop()]);
    expect(await rest).toEqual([]);
    expect(await closed).toMatchObject({ code: 1001 });
    expect(socket.messages.some((message) => message.type === 'complete')).toBe(false);
    await idle.closed;
    expect(order[0]).toBe('hook');
    expect([server.log.waiting, server.graphql.sockets]).toEqual([0, 0]);
  });

  it('lets an answer under way finish, and cuts what takes too long', async () => {
    let finish: () => void = () => {};
    const routes = [
      heldRoute(
        '/slow',
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
      ),
      heldRoute('/never', new Promise<void>(() => {})),
    ];
    const server = await startTestServer({ http: { routes } });
    const [slowly, never] = [openRaw(server.port), openRaw(server.port)];
    slowly.socket.write(requestText('GET /slow HTTP/1.1', { host: 'localhost' }));
    never.socket.write(requestText('GET /never HTTP/1.1', { host: 'localhost' }));
    await eventually(() => entered.get('/slow') === 1 && entered.get('/never') === 1);
    const stopped = server.http.stop({ deadlineMs: 200, beforeStreamsEnd: () => finish() });
    await stopped;
    await Promise.all([slowly.closed, never.closed]);
    expect(slowly.received()).toContain('done');
    expect(never.received()).toBe('');
  });

  it('does not wait for a client that does not answer the close of its socket', async () => {
    const server = await startTestServer({ graphql: { socketLimits: { closeTimeoutMs: 50 } } });
    const socket = await new RawSocket(server.port).acknowledged();
    socket.socket.pause();
    await server.http.stop();
    expect(server.graphql.sockets).toBe(0);
    socket.socket.terminate();
  });

  it('does not wait for connections that ask nothing, or nothing more', async () => {
    const clock = new VirtualClock();
    const server = await startTestServer({ http: { clock } });
    const [spare, used, dawdling] = [openRaw(server.port), openRaw(server.port), openRaw(server.port)];
    used.socket.write(requestText('GET /healthz HTTP/1.1', { host: 'localhost' }));
    dawdling.socket.write(requestText('GET /healthz HTTP/1.1', { host: 'localhost' }));
    await eventually(() => [used, dawdling].every((raw) => raw.received().includes('alive')));
    dawdling.socket.write('GET /healthz HTTP/1.1\r\n');
    // The deadline never comes on this clock.
    await server.http.stop();
    await Promise.all([spare.closed, used.closed, dawdling.closed]);
  });

  it('before it started does nothing', async () => {
    const server = await startTestServer();
    await server.http.stop();
    await server.http.stop();
    await expect(fetch(server.url)).rejects.toThrow();
  });
});
