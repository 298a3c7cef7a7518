/** What is found at an address where an Ollama may be. */
import { describe, expect, test } from 'vitest';
import { chooseWay } from '../../../src/app/choose-backends.ts';
import { askOllama } from '../../../src/backend/ollama/answer.ts';
import { strayAt } from '../../../src/backend/ollama/stray-ollama.ts';
import { systemClock, VirtualClock } from '../../../src/clock.ts';
import { runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { keyProxy } from '../../support/key-proxy.ts';
import { deadUrl, httpServer, tcpServer } from './raw-server.ts';

const program = { kind: 'usable', path: '/usr/bin/ollama', version: '0.33.0' } as const;
const wayFor = (url: string, answer: Awaited<ReturnType<typeof askOllama>>) =>
  chooseWay({ platform: 'linux', url, urlIsHere: true, answer, program });

describe('an address', () => {
  test.each([401, 403, 407])(
    'that wants a key with status %i is taken, and says what to set',
    async (status) => {
      await using ollama = await runVirtualOllama();
      await using proxy = await keyProxy(ollama.url, { authorization: 'Bearer right' }, status);
      for (const headers of [undefined, { authorization: 'Bearer wrong' }]) {
        const answer = await askOllama({ url: proxy.url, headers }, systemClock);
        expect(answer).toMatchObject({
          kind: 'closed',
          why: expect.stringContaining('VRAMKEEPER_BACKEND_KEY'),
        });
        expect(wayFor(proxy.url, answer)).toMatchObject({
          way: 'attached',
          why: expect.stringMatching(new RegExp(`${proxy.url}.*status ${status}.*apiKey`)),
        });
        expect(strayAt(proxy.url, answer)?.problem).toContain('take memory');
      }
      const headers = { authorization: 'Bearer right' };
      expect(await askOllama({ url: proxy.url, headers }, systemClock)).toMatchObject({ kind: 'answers' });
    },
  );

  test.each([
    [404, 'strange'],
    [302, 'strange'],
    [200, 'strange'],
    [408, 'closed'],
    [429, 'closed'],
    [500, 'closed'],
    [502, 'closed'],
    [503, 'closed'],
    [504, 'closed'],
  ])('that answers with status %i and a page is taken', async (status, kind) => {
    await using server = await httpServer((_request, response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('<html></html>'),
    );
    const answer = await askOllama({ url: server.url }, systemClock);
    expect(answer.kind).toBe(kind);
    expect(wayFor(server.url, answer).way).toBe('attached');
    expect(server.requests).toHaveLength(1);
  });

  test('that takes connections and says nothing is taken', async () => {
    const connected = Promise.withResolvers<void>();
    await using server = await tcpServer(() => connected.resolve());
    const clock = new VirtualClock();
    const asking = askOllama({ url: server.url }, clock);
    await connected.promise;
    clock.advance(3_000);
    expect(wayFor(server.url, await asking)).toMatchObject({
      way: 'attached',
      why: expect.stringContaining('no answer came within 3000 ms'),
    });
  });

  test.each([
    ['speaks something else', 'SSH-2.0-OpenSSH\r\n'],
    ['hangs up', ''],
  ])('that %s is taken', async (_case, greeting) => {
    await using server = await tcpServer((socket) => socket.end(greeting));
    const answer = await askOllama({ url: server.url }, systemClock);
    expect(wayFor(server.url, answer).way).toBe('attached');
  });

  test('where nobody listens is free', async () => {
    const url = await deadUrl();
    const answer = await askOllama({ url }, systemClock);
    expect(answer).toEqual({ kind: 'silent' });
    expect(wayFor(url, answer).way).toBe('managed');
    expect(strayAt(url, answer)).toBeNull();
  });
});
