/** The same requests, good and bad, to a server directly and through the gateway: the same answers. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { ggufFile } from '../support/gguf-file.ts';

const WORLD = {
  gpus: [{ totalBytes: 24 * GiB }],
  numParallel: 2,
  speed: 1_000,
  seed: 7,
  pullBytesPerSecond: 1e12,
};
const MODEL = 'smollm:360m';

let direct: RunningVirtualOllama;
let app: TestApp;

beforeAll(async () => {
  direct = await runVirtualOllama(WORLD);
  app = await TestApp.start({ ollama: WORLD });
  await eventually(async () => (await fetch(`${app.app.url}/api/tags`)).ok);
});
afterAll(async () => {
  await direct.stop();
  await app[Symbol.asyncDispose]();
});

interface Sent {
  readonly method: string;
  readonly path: string;
  /** Text as it is, all else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const post = (path: string, body: unknown): Sent => ({ method: 'POST', path: `/api/${path}`, body });
const file = ggufFile();
const digest = `sha256:${createHash('sha256').update(file).digest('hex')}`;
const other = `sha256:${'0'.repeat(64)}`;

const wrong = ['', ' ', 'x', '{', '[]', '5', 'null', '{}', '{"model":5}', '{"model":null}', '{"name":[]}'];
const names = [
  '',
  ' ',
  'nobody',
  'NOBODY',
  'a b',
  'a:b:c',
  'x/y/z/w:t',
  'ü',
  'x:local',
  'library/nobody:tag',
  '-x',
];

/** In this order: the later ones see what the earlier ones did. */
const REQUESTS: readonly Sent[] = [
  ...['tags', 'ps', 'status', 'nothing', 'tags/', 'show', 'version/x'].flatMap((path) =>
    ['GET', 'HEAD', 'POST', 'DELETE', 'PUT'].map((method) => ({ method, path: `/api/${path}` })),
  ),
  ...['show', 'pull', 'push', 'create', 'copy'].flatMap((path) => wrong.map((body) => post(path, body))),
  ...wrong.map((body) => ({ method: 'DELETE', path: '/api/delete', body })),
  ...['show', 'push', 'create'].flatMap((path) => names.map((model) => post(path, { model }))),
  ...['push', 'create'].flatMap((path) => names.map((model) => post(path, { model, stream: false }))),
  ...names.map((model) => post('copy', { source: model, destination: 'c' })),
  ...names.map((destination) => post('copy', { source: MODEL, destination })),
  ...names.map((model) => ({ method: 'DELETE', path: '/api/delete', body: { model } })),
  ...[undefined, true, false].flatMap((stream) =>
    ['nobody', 'a b', '', MODEL].map((model) => post('pull', { model, stream })),
  ),
  post('show', { model: MODEL }),
  post('show', { name: MODEL }),
  post('show', { model: MODEL.toUpperCase(), verbose: true }),
  post('show', { model: MODEL, system: 'Be brief.', unknown: 1 }),
  post('show', { model: MODEL, verbose: 'yes' }),
  post('show', { MODEL, Verbose: true }),
  post('create', { model: 'made', from: MODEL, system: 'Be <brief> & kind.', parameters: { num_ctx: 2048 } }),
  post('create', {
    model: 'made',
    from: MODEL,
    template: '{{ .Prompt }}',
    license: ['a', 'b'],
    stream: false,
  }),
  post('show', { model: 'made' }),
  post('create', { model: 'made', from: 'nobody', stream: false }),
  post('create', { model: 'made', files: { '/abs': digest } }),
  post('create', { model: 'made', files: { 'x.gguf': '' } }),
  post('create', { model: 'made', files: { 'x.gguf': other }, stream: false }),
  post('create', { model: 'made', files: { 'x.bin': digest } }),
  ...['HEAD', 'POST'].flatMap((method) =>
    ['sha256:short', 'md5:x', other].map((name) => ({
      method,
      path: `/api/blobs/${name}`,
      ...(method === 'POST' && { body: 'something' }),
    })),
  ),
  { method: 'HEAD', path: `/api/blobs/${digest}` },
  { method: 'POST', path: `/api/blobs/${digest}`, body: file },
  { method: 'HEAD', path: `/api/blobs/${digest}` },
  { method: 'POST', path: `/api/blobs/${digest}`, body: file },
  post('create', { model: 'own', files: { 'own.gguf': digest } }),
  post('show', { model: 'own' }),
  post('copy', { source: 'own', destination: 'made' }),
  post('copy', { source: 'own', destination: 'ns/second:v1' }),
  post('show', { model: 'ns/second:v1' }),
  { method: 'GET', path: '/api/tags' },
  { method: 'DELETE', path: '/api/delete', body: { name: 'own' } },
  { method: 'DELETE', path: '/api/delete', body: { model: 'own' } },
  { method: 'DELETE', path: '/api/delete', body: { model: MODEL } },
  post('show', { model: MODEL }),
  post('pull', { model: MODEL }),
  post('pull', { name: MODEL, stream: false }),
  { method: 'GET', path: '/api/tags' },
  post('push', { model: MODEL }),
  post('push', { model: MODEL, stream: false }),
];

async function answerOf(base: string, { method, path, body, headers = {} }: Sent) {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(base + path, {
    method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    allow: response.headers.get('allow'),
    location: response.headers.get('location'),
    text: steady(text),
  };
}

/** Without times, and without what a download reports by chance of the moment. */
function steady(text: string): string {
  return text
    .replace(/"(modified_at|expires_at)":"[^"]*"/g, '"$1":"?"')
    .replace(/^\{"status":"pulling [0-9a-f]{12}".*\n/gm, '');
}

const titleOf = ({ method, path, body }: Sent) =>
  `${method} ${path.slice(0, 40)} ${body instanceof Uint8Array ? `(${body.length} bytes)` : (JSON.stringify(body) ?? '')}`;

describe('the gateway answers as the server itself', () => {
  test(`to ${REQUESTS.length} requests`, async () => {
    expect(REQUESTS.length).toBeGreaterThan(200);
    for (const request of REQUESTS) {
      const [here, there] = [await answerOf(app.app.url, request), await answerOf(direct.url, request)];
      expect(here, titleOf(request)).toEqual(there);
    }
  });

  test('about what is in memory, whoever has loaded it', async () => {
    const load = post('generate', { model: 'llama3.2:1b', keep_alive: '7m', options: { num_ctx: 2048 } });
    await answerOf(direct.url, load);
    await answerOf(app.ollama.url, load);
    const ps = { method: 'GET', path: '/api/ps' };
    const { text } = await answerOf(direct.url, ps);
    expect(text).toContain('llama3.2:1b');
    await eventually(
      async () => (await answerOf(app.app.url, ps)).text,
      (seen) => seen === text,
    );
  });
});
