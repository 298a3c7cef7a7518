/** What client commands say when the server, its backend or the key is not what they need. */

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plain, tellWhyItWaits } from '../../src/cli/jobs/wait-reasons.ts';
import { ApiClient } from '../../src/client/api-client.ts';
import { VramUpdates } from '../../src/client/documents.ts';
import { KeyRefusedError } from '../../src/client/errors.ts';
import { VirtualClock } from '../../src/clock.ts';
import { deadUrl, httpServer, tcpServer } from '../backend/ollama/raw-server.ts';
import { eventually } from '../support/eventually.ts';
import { RunningProgram, run } from './support/program.ts';
import { Served, serve } from './support/served.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'true-answers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (url: string, key?: string) => ({
  cwd: folder,
  env: { VRAMKEEPER_URL: url, ...(key ? { VRAMKEEPER_KEY: key } : {}) },
});
/** Some that ask once, some that follow. */
const COMMANDS = [
  ['models'],
  ['jobs'],
  ['load', 'foo'],
  ['show', 'foo'],
  ['submit', 'foo', 'x'],
  ['budget', 'foo'],
];

describe('a backend that does not answer', () => {
  let server: RunningProgram;
  let url: string;
  let backend: string;
  beforeAll(async () => {
    backend = await deadUrl();
    ({ server, url } = await serve(folder, backend));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each([
    [['models'], /ollama \(http:\/\/127\.0\.0\.1:\d+\) does not answer\..*/],
    [['show', 'foo'], /Whether there is a model named "foo" cannot be told:\nollama .*does not answer/],
    [['load', 'foo'], /ollama does not answer/],
    [['pin', 'foo'], /ollama does not answer/],
    [['unload', 'foo'], /ollama.*cannot be told/],
    [['pull', 'foo'], /ollama.*does not answer/],
    [['delete', 'foo'], /ollama.*does not answer/],
    [['submit', '--random', '2'], /ollama.*does not answer/],
  ])('is what %j is told of, and not that there is no model', async (args, says) => {
    const { code, out, notes } = await run(args, at(url));
    expect(notes).toMatch(says);
    expect(notes).not.toMatch(/No models|No backend has/);
    expect([code, out]).toEqual([1, '']);
  });

  test('is why a submitted job waits, which is said once, on standard error', async () => {
    await using waiting = new RunningProgram(['submit', 'foo', 'x'], at(url));
    await waiting.untilSaid(/Waits: ollama does not answer; the job starts when it is back\./);
    waiting.kill('SIGINT');
    const { code, out, notes } = await waiting.ended;
    expect(notes.match(/Waits:/g)).toHaveLength(1);
    expect(notes).toContain('goes on without you');
    expect([code, out]).toEqual([130, '']);
  });

  test('is why a batch waits', async () => {
    const file = join(folder, 'batch.jsonl');
    await writeFile(file, '{"model":"foo","prompt":"x"}\n{"model":"foo","prompt":"y"}\n');
    await using waiting = new RunningProgram(['submit', '--batch', file], at(url));
    await waiting.untilSaid(/Waits: ollama does not answer/);
  });
});

test('a model that is not there is not there, where every backend answers', async () => {
  await using served = await Served.start();
  for (const [command, ...more] of [['load'], ['show'], ['unload'], ['submit', 'x']]) {
    const { code, notes } = await served.run([command ?? '', 'foo', ...more]);
    expect(notes).toMatch(/^foo: No backend has a model named "foo"|^No backend has a model named "foo"/m);
    expect(code).toBe(1);
  }
});

describe('a key', () => {
  const KEY = 'a-key-of-enough-characters';
  let served: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    const settings = join(folder, 'keys.yaml');
    await writeFile(settings, `host: 0.0.0.0\nkeys: [{ name: ada, key: ${KEY}, admin: true }]\n`);
    const data = await mkdtemp(join(folder, 'keyed-'));
    served = await serve(data, await deadUrl(), ['--config', settings]);
  });
  afterAll(() => served.server[Symbol.asyncDispose]());
  const url = () => served.url.replace('0.0.0.0', '127.0.0.1');

  test.each(COMMANDS)('that is wrong ends "%s" at once, with words', async (...args) => {
    const { code, out, notes } = await run(args, at(url(), 'a-wrong-key-of-enough-characters'));
    expect(notes).toMatch(/refuses the key\. Correct --key or VRAMKEEPER_KEY\./);
    expect(notes).not.toMatch(/lost|trying again|\{/);
    expect([code, out]).toEqual([1, '']);
  });

  test('that is missing is asked for', async () => {
    const { code, notes } = await run(['models'], at(url()));
    expect(notes).toMatch(/wants a key\. Give it with --key or VRAMKEEPER_KEY\./);
    expect(code).toBe(1);
  });

  test.each([undefined, 'a-wrong-key-of-enough-characters'])(
    'that is no good (%s) ends a stream without a second try',
    async (key) => {
      let lost = 0;
      const api = new ApiClient({ url: url(), key, onLost: () => (lost += 1) });
      const events = api.subscribe(VramUpdates, {});
      await expect(events.next()).rejects.toThrow(KeyRefusedError);
      expect(lost).toBe(0);
      await api.close();
    },
  );
});

describe('an address', () => {
  test.each(COMMANDS)('where nobody listens is said at once: %s', async (...args) => {
    const { code, notes } = await run(args, at(await deadUrl()));
    expect(notes).toMatch(/^There is no vramkeeper server at http:.*vramkeeper serve/m);
    expect(notes).not.toMatch(/lost|trying/);
    expect(code).toBe(1);
  });

  test('where nobody listens ends a stream at once', async () => {
    let lost = 0;
    const api = new ApiClient({ url: await deadUrl(), onLost: () => (lost += 1) });
    await expect(api.subscribe(VramUpdates, {}).next()).rejects.toThrow('There is no vramkeeper server');
    expect(lost).toBe(0);
    await api.close();
  });

  test.each([
    [200, /is no vramkeeper server \(status 200, a page\)/],
    [404, /is no vramkeeper server \(status 404, a page\)/],
    [301, /is no vramkeeper server/],
    [503, /status 503 and a page.*Try again/],
  ])(
    'that answers with status %i and a page is told from a server, without the page',
    async (status, says) => {
      await using server = await httpServer((_request, response) =>
        response.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html><h1>Welcome</h1>'),
      );
      const { code, notes } = await run(['models'], at(server.url));
      expect(notes).toMatch(says);
      expect(notes).not.toContain('Welcome');
      expect(code).toBe(1);
    },
  );

  test('that does not speak HTTP is told from a server', async () => {
    await using server = await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    const { notes } = await run(['models'], at(server.url));
    expect(notes).toMatch(/does not speak HTTP/);
  });

  test('of a host that nobody knows is named', async () => {
    const { notes } = await run(['models'], at('http://no-such-host.invalid:5001'));
    expect(notes).toMatch(/Nobody knows the host no-such-host\.invalid|cannot be reached/);
  });

  test('with https for a server without TLS says what to write', async () => {
    await using server = await httpServer((_request, response) => response.end());
    const { notes } = await run(['models'], at(server.url.replace('http:', 'https:')));
    expect(notes).toMatch(/does not speak TLS\. Write http:\/\//);
  });

  test('whose certificate nobody vouches for, or with http for TLS, says so', async () => {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'key.pem',
        '-out',
        'cert.pem',
        '-days',
        '1',
        '-subj',
        '/CN=localhost',
      ],
      { cwd: folder, stdio: 'ignore' },
    );
    const read = (name: string) => readFile(join(folder, name));
    const server = createTlsServer(
      { key: await read('key.pem'), cert: await read('cert.pem') },
      (_request, response) => response.end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect((await run(['models'], at(`https://localhost:${port}`))).notes).toMatch(
      /certificate.*NODE_EXTRA_CA_CERTS/,
    );
    expect((await run(['models'], at(`http://127.0.0.1:${port}`))).notes).toMatch(/https:\/\/\?/);
    server.close();
  });
});

test('a reason is said once, another one too, and patience is had with what passes', async () => {
  const clock = new VirtualClock();
  const said: string[] = [];
  const answers = [
    ['VRAM', 'It needs 2 GiB, 1 GiB free.'],
    ['BACKEND_DOWN', 'a is away for 1.0 s.'],
    ['BACKEND_DOWN', 'a is away for 1 min 2 s.'],
    ['VRAM', 'It needs 2 GiB, 512 MiB free.'],
    ['VRAM', 'It needs 2 GiB, 1 GiB free.'],
  ].map(([reason, explanation]) => ({ job: { status: 'PENDING', waiting: { reason, explanation } } }));
  const request = (async () => answers.shift() ?? { job: { status: 'RUNNING' } }) as ApiClient['request'];
  const telling = tellWhyItWaits(
    { request },
    'job_1',
    (text) => said.push(text),
    new AbortController().signal,
    clock,
  );
  const isOver = () => answers.length === 0 && clock.nextDue() === undefined;
  await eventually(isOver, Boolean, { step: () => clock.advance(500) });
  await telling;
  expect(said).toEqual(['Waits: a is away for 1.0 s.', 'Waits: It needs 2 GiB, 512 MiB free.']);
});

test('a reason is the same whatever its figures have become', () => {
  expect(plain('loading for 12.3 s, 2.1 GiB free')).toBe(
    plain('loading for 1 min 2 s, 512 MiB free').replace('  ', ' '),
  );
  expect(plain('a does not answer')).not.toBe(plain('b does not answer'));
});
