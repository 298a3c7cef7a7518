/** A server in the place of an Ollama: the port where programs look for one, while Ollama itself is behind it. */
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { Ollama } from 'ollama';
import { describe, expect, test } from 'vitest';
import { refuseOwnAddress } from '../../src/app/own-address.ts';
import { strayUrl } from '../../src/backend/ollama/stray-ollama.ts';
import { checkTakeover } from '../../src/cli/doctor/doctor-takeover.ts';
import { systemClock } from '../../src/clock.ts';
import { AppClient, attached, startApp, TestApp, testConfig } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayWorld } from './support/world.ts';

const MODEL = 'smollm:360m';

async function inPlace(config: Parameters<typeof gatewayWorld>[0] = {}) {
  const world = await gatewayWorld({ ...config, config: { ollamaPort: 0, ...config?.config } });
  const { ollamaUrl } = world.app.app;
  if (ollamaUrl === null) throw new Error('It listens nowhere in place of Ollama.');
  return { ...world, ollamaUrl };
}

/** With any Host header, which `fetch` would not send. */
async function ask(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const asked = request(url, { method, headers });
  asked.end();
  const [response] = await once(asked, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, type: response.headers['content-type'], body };
}

describe('in the place of an Ollama', () => {
  test('its programs have their jobs done, and there is no other API', async () => {
    await using t = await inPlace();
    const client = new Ollama({ host: t.ollamaUrl });
    expect((await client.generate({ model: MODEL, prompt: 'Hi.' })).response).not.toBe('');
    expect(await t.jobs()).toMatchObject([{ kind: 'GENERATE', status: 'COMPLETE' }]);
    for (const path of ['/graphql', '/healthz', '/readyz'])
      expect((await fetch(`${t.ollamaUrl}${path}`)).status).toBe(404);
    const submitted = await fetch(`${t.ollamaUrl}/api/submit`, {
      method: 'POST',
      body: JSON.stringify({ model: MODEL, prompt: 'Hi.' }),
    });
    expect(submitted.status).toBe(200);
  });

  test('both ports say that Ollama is running, and show browsers a page, that of the one leads to the other', async () => {
    await using t = await inPlace();
    for (const url of [t.url, t.ollamaUrl]) {
      const plain = { status: 200, type: 'text/plain; charset=utf-8' };
      expect(await ask(`${url}/`, { accept: '*/*' })).toEqual({ ...plain, body: 'Ollama is running' });
      expect(await ask(`${url}/`)).toEqual({ ...plain, body: 'Ollama is running' });
      expect(await ask(`${url}/`, {}, 'HEAD')).toEqual({ ...plain, body: '' });
      const page = await ask(`${url}/`, { accept: 'text/html,application/xhtml+xml' });
      expect(page.type).toBe('text/html; charset=utf-8');
    }
    const { body } = await ask(`${t.ollamaUrl}/`, { accept: 'text/html' });
    for (const path of ['/', '/graphql', '/readyz']) expect(body).toContain(`href="${t.url}${path}"`);
    const odd = await ask(`${t.ollamaUrl}/`, { accept: 'text/html', host: 'a"onclick=b.localhost' });
    expect(odd.body).not.toContain('onclick');
  });

  test('the same keys, names and origins hold as at its own port', async () => {
    const key = 'key-of-ann-0123456789';
    const keys = [{ name: 'ann', key, admin: false, maxPriority: 'HIGH' as const }];
    await using app = await TestApp.start({ config: { ollamaPort: 0, keys } });
    const url = app.app.ollamaUrl ?? '';
    expect((await ask(`${url}/api/version`)).status).toBe(401);
    const authorization = `Bearer ${key}`;
    expect((await ask(`${url}/api/version`, { authorization })).status).toBe(200);
    expect((await ask(`${url}/api/version`, { authorization, host: 'evil.example' })).status).toBe(403);
    expect((await ask(`${url}/api/version`, { authorization, origin: 'http://evil.example' })).status).toBe(
      403,
    );
  });

  test('who waits there is told when the server stops, and both ports are free then', async () => {
    await using t = await inPlace({ ollama: { tokensPerSecond: 0.5 } });
    const long = { model: MODEL, prompt: 'Tell me everything.', stream: false };
    const body = JSON.stringify(long);
    const asked = [1, 2, 3].map(() => fetch(`${t.ollamaUrl}/api/generate`, { method: 'POST', body }));
    await eventually(t.jobs, (jobs) => jobs.length === 3);
    const stopped = t.app.app.stop({ graceMs: 0 });
    const statuses = await Promise.all(asked.map(async (one) => (await one).status));
    expect(statuses).toEqual([503, 503, 503]);
    await stopped;
    await expect(fetch(`${t.ollamaUrl}/api/version`)).rejects.toThrow();
  });
});

describe('a port that is taken', () => {
  test('by an Ollama is told with what to do', async () => {
    await using there = await TestApp.start();
    const { port } = there.ollama;
    const config = testConfig(`${there.dataDir}/other`, [attached('http://127.0.0.1:9')], {
      ollamaPort: port,
    });
    await expect(startApp(config)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(/an Ollama \(0\.\d+\.\d+\).*systemctl disable --now ollama.*--managed/),
    });
    expect(await checkTakeover({ host: '127.0.0.1', ollamaPort: port }, systemClock)).toMatchObject({
      level: 'warn',
      text: expect.stringContaining('systemctl disable --now ollama'),
    });
  });

  test('by another program is told with the flag that is meant', async () => {
    const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await using folder = await TestApp.start();
    const config = testConfig(`${folder.dataDir}/other`, [attached(folder.ollama.url)], { ollamaPort: port });
    await expect(startApp(config)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining('--ollama-port or `ollamaPort:`'),
    });
    expect((await checkTakeover({ host: '127.0.0.1', ollamaPort: port }, systemClock)).level).toBe('fail');
    other.close();
    await once(other, 'close');
    expect((await checkTakeover({ host: '127.0.0.1', ollamaPort: port }, systemClock)).level).toBe('ok');
  });
});

describe('a server is not attached to itself', () => {
  const at = (url: string, host = '127.0.0.1') => ({
    backends: [attached(url)],
    host,
    port: 5001,
    ollamaPort: 11434,
  });

  test.each([
    ['http://127.0.0.1:11434', '127.0.0.1'],
    ['http://localhost:11434', '127.0.0.1'],
    ['http://[::1]:11434/', '127.0.0.1'],
    ['http://127.0.0.1:5001', '127.0.0.1'],
    ['http://localhost:11434', '0.0.0.0'],
  ])('at %s, listening on %s', (url, host) => {
    expect(() => refuseOwnAddress(at(url, host))).toThrow(/this server is to listen itself.*--managed/);
  });

  test.each(['http://127.0.0.1:11435', 'http://box.example:11434'])('and %s is another one', (url) => {
    expect(() => refuseOwnAddress(at(url))).not.toThrow();
  });

  test('by an address that only shows itself when it is asked', async () => {
    const port = await freePort();
    await using folder = await TestApp.start();
    // Not looked at before, as an address that a proxy leads here would not be known for its own.
    const config = testConfig(`${folder.dataDir}/looped`, [attached(`http://127.0.0.1:${port}`)], {
      ollamaPort: port,
    });
    const app = new AppClient(await startApp(config));
    try {
      const { backends } = await eventually(
        async () => (await app.query('{ backends { health problem } }')) as Backends,
        ({ backends }) => backends[0]?.problem?.includes('attached to itself') ?? false,
      );
      expect(backends[0]?.health).not.toBe('HEALTHY');
    } finally {
      await app.app.stop({ graceMs: 0 });
    }
  });
});

interface Backends {
  readonly backends: readonly { readonly health: string; readonly problem: string | null }[];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

test('the Ollama that it stands for is no stranger', () => {
  const managed = { ...attached('managed:ollama'), managed: {} } as never;
  const config = testConfig('/tmp', [managed], { strayOllamaUrl: 'http://127.0.0.1:11434' });
  expect(strayUrl(config)).toBe('http://127.0.0.1:11434');
  expect(strayUrl({ ...config, ollamaPort: 11434 })).toBeNull();
});
