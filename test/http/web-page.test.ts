/** The web page over real sockets: open to all who reach the server, strict, small on the wire, and kept by browsers. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedCoding, type Coding } from '../../src/http/page/accepted-coding.ts';
import { testServer } from './support/own-server.ts';
import { requestText, sendRaw } from './support/raw-client.ts';

const HTML = '<!doctype html><title>The page</title><script src="/assets/page-1a2b.js"></script>';
const SCRIPT = `console.log(${JSON.stringify('the script '.repeat(200))});`;
const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8';
const KEYS = [{ name: 'ann', key: 'key-of-ann-0123456789' }];

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

async function builtPage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'secret.txt'), 'not for anybody');
  const files = { 'index.html': HTML, 'assets/page-1a2b.js': SCRIPT };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
    await writeFile(join(folder, `${name}.br`), brotliCompressSync(content));
    await writeFile(join(folder, `${name}.gz`), gzipSync(content));
  }
  await writeFile(join(folder, 'assets/picture.woff2'), Buffer.from([0, 255, 1]));
  return folder;
}

const server = async (options: object = {}) =>
  testServer({ pageFolder: await builtPage(), http: options as never });

/** As the bytes are on the wire: `fetch` would unpack them. */
async function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const all = { host: 'localhost', connection: 'close', ...headers };
  const answer = await sendRaw(port, requestText(`${method} ${path} HTTP/1.1`, all));
  return { ...answer, bytes: Buffer.from(answer.body, 'latin1') };
}

describe('the web page', () => {
  it('is at the root for browsers, where programs still find an Ollama', async () => {
    const { port } = await server();
    const page = await ask(port, '/', { accept: BROWSER });
    expect(page).toMatchObject({ status: 200, body: HTML });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers.vary).toBe('accept, accept-encoding');
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }])
      expect((await ask(port, '/', headers as Record<string, string>)).body).toBe('Ollama is running');
  });

  it('lets nothing run or load that is not its own', async () => {
    const { port } = await server();
    for (const path of ['/', '/assets/page-1a2b.js']) {
      const { headers } = await ask(port, path, { accept: BROWSER });
      expect(headers['content-security-policy']).toBe(POLICY);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    }
    const graphiql = await ask(port, '/graphql', { accept: BROWSER });
    expect(graphiql.headers['content-security-policy']).toContain("'unsafe-inline'");
    const json = await ask(port, '/healthz');
    expect(json.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  it('needs no key, as GraphiQL does not, and data does', async () => {
    const { port } = await server({ keys: KEYS });
    for (const path of ['/', '/assets/page-1a2b.js', '/graphql'])
      expect((await ask(port, path, { accept: BROWSER })).status, path).toBe(200);
    expect((await ask(port, '/')).status).toBe(200);
    expect((await ask(port, '/graphql?query={__typename}', { accept: 'application/json' })).status).toBe(401);
  });

  it('is kept: the page as long as it is the same, its files for ever', async () => {
    const { port } = await server();
    const page = await ask(port, '/', { accept: BROWSER });
    expect(page.headers['cache-control']).toBe('no-cache');
    const script = await ask(port, '/assets/page-1a2b.js');
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const tags = [page.headers.etag ?? '', `W/${page.headers.etag}`, `"other", ${page.headers.etag}`, '*'];
    for (const tag of tags) {
      const again = await ask(port, '/', { accept: BROWSER, 'if-none-match': tag });
      expect(again, tag).toMatchObject({ status: 304, body: '' });
      expect(again.headers.etag).toBe(page.headers.etag);
    }
    expect((await ask(port, '/', { accept: BROWSER, 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('is sent as small as the browser takes it', async () => {
    const { port } = await server();
    const sent = (coding: string) => ask(port, '/assets/page-1a2b.js', { 'accept-encoding': coding });
    const brotli = await sent('gzip, deflate, br, zstd');
    expect(brotli.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(brotli.bytes).toString()).toBe(SCRIPT);
    const gzip = await sent('br;q=0, gzip');
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzip.bytes).toString()).toBe(SCRIPT);
    const plain = await sent('identity');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body).toBe(SCRIPT);
    expect(Number(brotli.headers['content-length'])).toBeLessThan(
      Number(plain.headers['content-length']) / 4,
    );
    const font = await ask(port, '/assets/picture.woff2', { 'accept-encoding': 'br' });
    expect(font.headers).toMatchObject({ 'content-type': 'font/woff2', 'content-length': '3' });
  });

  it('is answered to HEAD with the same headers and no body', async () => {
    const { port } = await server();
    for (const path of ['/', '/assets/page-1a2b.js']) {
      const whole = await ask(port, path, { accept: BROWSER });
      const head = await ask(port, path, { accept: BROWSER }, 'HEAD');
      expect(head.body).toBe('');
      expect({ ...head.headers, date: '' }).toEqual({ ...whole.headers, date: '' });
    }
    expect((await ask(port, '/assets/page-1a2b.js', {}, 'POST')).status).toBe(405);
  });

  it.each([
    '/assets/../secret.txt',
    '/assets/..%2fsecret.txt',
    '/assets/%2e%2e/secret.txt',
    '/assets/%2e%2e/index.html',
    '/assets/../index.html',
    '/assets/x/%2E./../index.html',
    '/assets/....//secret.txt',
    '/assets/..\\secret.txt',
    '/assets//etc/passwd',
    '/assets/',
    '/assets/page-1a2b.js.br',
    '/assets/page-1a2b.js%00',
    '/assets/constructor',
    '/secret.txt',
    '/index.html',
  ])('has no way out of its folder: %s', async (path) => {
    const { port } = await server();
    const answer = await ask(port, path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('not for anybody');
  });

  it('that is not built says what to run, and is there once it has been', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'page-'));
    const { port } = await testServer({ pageFolder: folder });
    const missing = await ask(port, '/', { accept: BROWSER });
    expect(missing.status).toBe(200);
    expect(missing.body).toContain('npm run build:page');
    expect(missing.body).toContain('href="/graphql"');
    expect((await ask(port, '/assets/page-1a2b.js')).status).toBe(404);
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), HTML);
    expect((await ask(port, '/', { accept: BROWSER })).body).toBe(HTML);
  });
});

describe('the coding of an answer', () => {
  const ALL: ReadonlySet<Coding> = new Set(['br', 'gzip', 'identity']);

  it.each<readonly [string | undefined, Coding]>([
    [undefined, 'identity'],
    ['', 'identity'],
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['deflate', 'identity'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['br;q=0.1, gzip;q=0.9', 'gzip'],
    ['br;q=0.5, gzip;q=0.5', 'br'],
    ['br; q=0 , *', 'gzip'],
    ['gzip;q=0.2, identity;q=0.8', 'identity'],
    ['identity;q=0, gzip', 'gzip'],
    ['br;q=2', 'identity'],
    ['br;q=', 'identity'],
  ])('for %j is %s', (header, coding) => expect(acceptedCoding(header, ALL)).toBe(coding));

  it('is never one that is not kept, or that is refused, whatever the header says', () => {
    const wish = fc.tuple(
      fc.constantFrom('br', 'gzip', 'identity', '*', 'zstd'),
      fc.constantFrom('0', '0.3', '1'),
    );
    const kept = fc
      .subarray<Coding>(['br', 'gzip'])
      .map((codings) => new Set<Coding>([...codings, 'identity']));
    fc.assert(
      fc.property(fc.array(wish), kept, (wishes, codings) => {
        const header = wishes.map(([name, q]) => `${name};q=${q}`).join(',');
        const coding = acceptedCoding(header, codings);
        expect(codings.has(coding)).toBe(true);
        const last = wishes.findLast(([name]) => name === coding);
        if (coding !== 'identity') expect(last?.[1] ?? 'by *').not.toBe('0');
      }),
    );
    expect(() =>
      fc.assert(fc.property(fc.string(), (header) => ALL.has(acceptedCoding(header, ALL)))),
    ).not.toThrow();
  });
});
