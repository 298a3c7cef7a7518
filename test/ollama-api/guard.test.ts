import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { InvalidSettingError } from '../../src/domain/errors.ts';
import { AllowedOrigins, judgeCaller } from '../../src/ollama-api/guard.ts';
import { cleanPath, decodePath, Router } from '../../src/ollama-api/router.ts';

const origins = new AllowedOrigins();
const judge = (
  caller: { method?: string; host?: string; origin?: string },
  setting?: string,
  checksHost = true,
) =>
  judgeCaller(
    { method: 'GET', host: '127.0.0.1:11434', origin: undefined, ...caller },
    { checksHost, origins: setting === undefined ? origins : new AllowedOrigins(setting) },
  );

describe('Host', () => {
  test.each([
    ...[
      'localhost',
      'LOCALHOST:1',
      hostname(),
      'a.local',
      'a.internal:5',
      'a.b.localhost',
      '127.9.9.9:1',
      '10.1.2.3',
    ],
    ...[
      '172.20.0.1:80',
      '192.168.1.1',
      '0.0.0.0',
      '[::1]:11434',
      '::1',
      '[fd00::1]:1',
      '[::ffff:127.0.0.1]:1',
    ],
  ])('%s may call', (host) => {
    expect(judge({ host }).status).toBeUndefined();
  });

  test.each([
    'example.com',
    'example.com:80',
    '8.8.8.8',
    '172.32.0.1',
    '[::1]',
    '[fe80::1]:1',
    'local',
    'evil-local',
    'localhost.com',
  ])('%s may not, unless the server listens to all', (host) => {
    expect(judge({ host }).status).toBe(403);
    expect(judge({ host }, undefined, false).status).toBeUndefined();
  });

  test('OPTIONS is answered for a name, and goes on to its route for an address', () => {
    expect(judge({ method: 'OPTIONS', host: 'localhost' }).status).toBe(204);
    expect(judge({ method: 'OPTIONS', host: '127.0.0.1' }).status).toBeUndefined();
  });
});

describe('Origin', () => {
  test.each([
    ...['http://localhost', 'https://localhost:3000', 'http://127.0.0.1:8080', 'http://0.0.0.0', 'app://x'],
    ...['file://', 'tauri://localhost', 'vscode-webview://abc', 'vscode-file://abc'],
  ])('%s may call', (origin) => {
    expect(judge({ origin })).toEqual({
      status: undefined,
      headers: { Vary: 'Origin', 'Access-Control-Allow-Origin': origin },
    });
  });

  test.each([
    'http://example.com',
    'null',
    'chrome-extension://abc',
    'http://localhost.example.com',
    'HTTP://LOCALHOST',
    'http://[::1]',
  ])('%s may not', (origin) => {
    expect(judge({ origin })).toEqual({ status: 403, headers: {} });
  });

  test('the own pages are no foreign origin', () => {
    expect(judge({ host: 'a.local:1', origin: 'http://a.local:1' })).toEqual({
      status: undefined,
      headers: {},
    });
  });

  test('a preflight request of an allowed origin is answered whatever its Host', () => {
    const { status, headers } = judge({ method: 'OPTIONS', host: 'example.com', origin: 'http://localhost' });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'Access-Control-Allow-Origin': 'http://localhost',
      'Access-Control-Allow-Methods': 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS',
      Vary: ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'],
    });
    expect(judge({ host: 'example.com', origin: 'http://localhost' }).status).toBe(403);
  });

  test.each([
    [
      'http://a.com,https://b.com',
      ['http://a.com', 'https://b.com', 'http://localhost'],
      ['http://b.com', 'http://a.com:1'],
    ],
    ['chrome-extension://*', ['chrome-extension://abc'], ['moz-extension://abc']],
    ['https://*.a.com', ['https://x.a.com', 'https://x.y.a.com'], ['http://x.a.com', 'https://a.com']],
    ['*.a.com', ['http://x.a.com'], ['http://a.com.org']],
    [' HTTP://A.com'.trim().toLowerCase(), ['http://a.com'], []],
  ])('OLLAMA_ORIGINS=%s', (setting, allowed, refused) => {
    for (const origin of allowed) expect(judge({ origin }, setting).status).toBeUndefined();
    for (const origin of refused) expect(judge({ origin }, setting).status).toBe(403);
  });

  test('* allows all, and is told as *', () => {
    expect(judge({ origin: 'http://example.com' }, '*')).toEqual({
      status: undefined,
      headers: { 'Access-Control-Allow-Origin': '*' },
    });
  });

  test.each(['a.com', 'http://a.com,ftp://b', 'http://*.*.com'])(
    'OLLAMA_ORIGINS=%s stops the start',
    (setting) => {
      expect(() => new AllowedOrigins(setting)).toThrow(InvalidSettingError);
    },
  );
});

test('a path is decoded and cleaned as Go does it', () => {
  expect(decodePath('/api/%74ags?x=%zz')).toBe('/api/tags');
  expect(decodePath('/api/%zz')).toBeUndefined();
  expect(decodePath('/%ff/%C3%A9')).toBe('/\ufffd/é');
  expect(['//api//tags', '/api/./tags', '/a/../api/tags/', '/', '/..'].map(cleanPath)).toEqual([
    '/api/tags',
    '/api/tags',
    '/api/tags/',
    '/',
    '/',
  ]);
});

test('a router finds routes, their parameters, other methods, and the path with or without its last slash', () => {
  const router = new Router<string>()
    .add('GET,HEAD', '/a', 'a')
    .add('POST', '/a', 'post')
    .add('DELETE', '/b/:id', 'b');
  expect(router.match('GET', '/a')).toEqual({ kind: 'found', handler: 'a', parameters: {} });
  expect(router.match('DELETE', '/b/x y')).toEqual({
    kind: 'found',
    handler: 'b',
    parameters: { id: 'x y' },
  });
  expect(router.match('PUT', '/a')).toEqual({ kind: 'wrong method', allow: 'HEAD, GET, POST' });
  expect(router.match('GET', '/a/')).toEqual({ kind: 'redirect', to: '/a' });
  expect(router.match('PUT', '/a/')).toEqual({ kind: 'unknown path' });
  expect(router.match('GET', '/b')).toEqual({ kind: 'unknown path' });
});
