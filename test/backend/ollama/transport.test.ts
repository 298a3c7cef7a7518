import { describe, expect, test } from 'vitest';
import { TRANSPORT_TABLE, transportError } from '../../../src/backend/ollama/transport-error.ts';
import { SteadyClock } from '../../../src/clock.ts';
import { SettableClock } from '../../support/settable-clock.ts';
import { deadUrl, httpServer, json, tcpServer } from './raw-server.ts';
import { attached, failureOf, handleOn, NEVER, runRequest } from './worlds.ts';

const GENERATE = runRequest({ kind: 'GENERATE', prompt: 'hi' });

describe('a server that cannot be talked to', () => {
  test('is unreachable when nothing listens, and the message says what to start', async () => {
    await using backend = attached(await deadUrl());
    const failure = await failureOf(backend.inspect(NEVER));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_UNREACHABLE', 'wait']);
    expect(failure.message).toContain(backend.url);
    expect(failure.message).toContain('ollama serve');
  });

  test('is unreachable when its name does not resolve', async () => {
    await using backend = attached('http://no-such-host.invalid:11434');
    const failure = await failureOf(backend.inspect(NEVER));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_UNREACHABLE', 'wait']);
  });

  test('is unreachable when it hangs up', async () => {
    await using server = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await using backend = attached(server.url);
    const failure = await failureOf(backend.inspect(NEVER));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_UNREACHABLE', 'wait']);
  });

  test('that is merely slow is busy, not gone', async () => {
    await using server = await httpServer(() => {});
    await using backend = attached(server.url, { deadlines: { controlMs: 100 } });
    const failure = await failureOf(backend.inspect(NEVER));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_ERROR', 'wait']);
  });

  test('that speaks another protocol is not worth waiting for', async () => {
    await using server = await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    await using backend = attached(server.url);
    const failure = await failureOf(backend.inspect(NEVER));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_ERROR', 'none']);
    expect(failure.message).toContain('does not speak HTTP');
  });

  test('that answers with something else than Ollama would is named', async () => {
    await using server = await httpServer((_request, response) => response.end('<html>router login</html>'));
    await using backend = attached(server.url);
    const failure = await failureOf(backend.inspect(NEVER));
    expect(failure.code).toBe('BACKEND_ERROR');
    expect(failure.message).toContain('router login');
  });

  test('that refuses the host name is told apart from one that is down', async () => {
    await using server = await httpServer((_request, response) => response.writeHead(403).end());
    await using backend = attached(server.url);
    const failure = await failureOf(backend.inspect(NEVER));
    expect(failure.code).toBe('BACKEND_UNREACHABLE');
    expect(failure.message).toContain('OLLAMA_HOST');
  });

  test.each(TRANSPORT_TABLE.flatMap((row) => row.codes.map((code) => [code, row] as const)))(
    '%s is explained',
    (code, row) => {
      const cause = Object.assign(new Error('socket'), { code });
      for (const error of [cause, new Error('wrapped', { cause })]) {
        const explained = transportError(error, 'http://there');
        expect([explained.code, explained.remedy]).toEqual([row.code, row.remedy]);
        expect(explained.message).toContain('http://there');
      }
    },
  );
});

describe('a server that has too much to do', () => {
  test.each([-3_600_000, 0, 8 * 86_400_000])(
    'is asked again at the instant that it names, with the clock set by %s ms',
    async (jumpMs) => {
      const wall = new SettableClock();
      const clock = new SteadyClock(wall);
      wall.jump(jumpMs);
      await using server = await httpServer((_request, response) =>
        response.writeHead(503, { 'retry-after': new Date(wall.now() + 90_000).toUTCString() }).end(),
      );
      await using backend = attached(server.url, { clock });
      const failure = await failureOf(handleOn(backend).run(GENERATE, () => {}, NEVER));
      expect(failure.retryAfterMs).toBeGreaterThan(60_000);
      expect(failure.retryAfterMs).toBeLessThanOrEqual(90_000);
    },
  );
});

describe('a stopped backend', () => {
  test('ends what is under way, and is stopped twice without harm', async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await httpServer(() => arrived.resolve());
    const backend = attached(server.url);
    const failure = failureOf(handleOn(backend).run(GENERATE, () => {}, NEVER));
    await arrived.promise;
    await Promise.all([backend.stop(), backend.stop()]);
    expect([(await failure).code, (await failure).remedy]).toEqual(['BACKEND_UNREACHABLE', 'wait']);
    expect((await failureOf(backend.inspect(NEVER))).code).toBe('BACKEND_UNREACHABLE');
  });
});

describe('the address', () => {
  test('may have a path and the credentials of a proxy, which people never see', async () => {
    await using server = await httpServer((request, response) =>
      json(response, 200, request.path.endsWith('/version') ? { version: '0.33.0' } : { models: [] }),
    );
    await using backend = attached(`${server.url.replace('://', '://me:p%40ss@')}/ollama/`);
    expect(await backend.inspect(NEVER)).toEqual({ version: '0.33.0', residents: [], host: null });
    expect(server.requests.map((request) => request.path).sort()).toEqual([
      '/ollama/api/ps',
      '/ollama/api/version',
    ]);
    expect(server.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    );
    expect(backend.url).toBe(`${server.url}/ollama`);
  });
});
