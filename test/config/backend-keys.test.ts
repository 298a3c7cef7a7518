/** Keys and headers that are sent to backends. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, load, problems, type Sources } from './folder.ts';

const backend = (more: string) => `backends:\n  - name: box\n    url: box\n    ${more}`;
const bearer = { authorization: 'Bearer sk-1' };

test.each<[name: string, sources: Sources, headers: object | undefined]>([
  ['the settings', { yaml: backend('apiKey: sk-1') }, bearer],
  [
    'a variable that the settings name',
    { yaml: backend('apiKey: { env: BOX_KEY }'), env: { BOX_KEY: ' sk-1\n' } },
    bearer,
  ],
  ['a file that the settings name', { yaml: backend('apiKey: { file: key }') }, bearer],
  [
    'a variable for backends without one',
    { yaml: backend('parallel: 1'), env: { VRAMKEEPER_BACKEND_KEY: 'sk-1' } },
    bearer,
  ],
  ['a setting for backends without one', { yaml: `backendKey: sk-1\n${backend('parallel: 1')}` }, bearer],
  [
    'the own setting before the one for all',
    { yaml: `backendKey: sk-2\n${backend('apiKey: sk-1')}` },
    bearer,
  ],
  [
    'a variable, for a URL of the command line',
    { flags: { backend: ['box'] }, env: { VRAMKEEPER_BACKEND_KEY: 'sk-1' } },
    bearer,
  ],
  [
    'a variable, for the Ollama at OLLAMA_HOST',
    { env: { OLLAMA_HOST: 'box', VRAMKEEPER_BACKEND_KEY: 'sk-1' } },
    bearer,
  ],
  [
    'headers',
    { yaml: backend('headers: { X-Team: a, Authorization: { file: key } }') },
    { 'x-team': 'a', authorization: 'sk-1' },
  ],
  [
    'headers beside a key',
    { yaml: backend('apiKey: sk-1\n    headers: { X-Team: a }') },
    { ...bearer, 'x-team': 'a' },
  ],
  ['nowhere', { yaml: backend('parallel: 1') }, undefined],
])('a key comes from %s', async (_name, sources, headers) => {
  await writeFile(join(folder, 'key'), 'sk-1\n');
  const config = await load(sources);
  expect(config.backends[0]?.headers).toEqual(headers);
});

test('no key goes to a managed backend', async () => {
  const config = await load({ flags: { managed: true }, env: { VRAMKEEPER_BACKEND_KEY: 'sk-1' } });
  expect(config.backends[0]?.headers).toBeUndefined();
  expect(config.ollama.attached.headers).toEqual(bearer);
});

const SECRET = 'canary';
test.each<[name: string, sources: Sources, expected: string | RegExp]>([
  [
    'a number',
    { yaml: backend('apiKey: 12345') },
    /:4: backends\[0\]\.apiKey: is nothing that can be sent.*env: NAME/,
  ],
  ['nothing', { yaml: backend('apiKey: ""') }, /apiKey: is nothing that can be sent/],
  [
    'several lines',
    { yaml: backend(`apiKey: "${SECRET}\\n${SECRET}"`) },
    /apiKey: is nothing that can be sent/,
  ],
  [
    'two sources',
    { yaml: backend(`apiKey: { env: A, file: ${SECRET} }`) },
    /apiKey: is nothing that can be sent/,
  ],
  [
    'another source',
    { yaml: backend(`apiKey: { vault: ${SECRET} }`) },
    /apiKey: is nothing that can be sent/,
  ],
  [
    'a variable that is not set',
    { yaml: backend('apiKey: { env: NOPE }') },
    'backend box: apiKey: the environment variable NOPE is not set.',
  ],
  [
    'a file that is not there',
    { yaml: backend('apiKey: { file: nope }') },
    /^backend box: apiKey: .*ENOENT.*nope/,
  ],
  [
    'a file that is empty',
    { yaml: backend('headers: { X-A: { file: empty } }') },
    /^backend box: headers\.X-A: the file .*empty is empty/,
  ],
  ['a file of several lines', { yaml: backend('apiKey: { file: lines }') }, /lines holds cannot be sent/],
  [
    'a key and an authorization',
    { yaml: backend(`apiKey: ${SECRET}\n    headers: { AUTHORIZATION: ${SECRET} }`) },
    /apiKey: headers have an authorization too/,
  ],
  ['headers that are none', { yaml: backend(`headers: ${SECRET}`) }, /headers: is not a group of headers/],
  [
    'a header of the connection',
    { yaml: backend(`headers: { Host: ${SECRET} }`) },
    /headers\.Host: is not yours to set/,
  ],
  [
    'a header that is none',
    { yaml: backend(`headers: { "a b": ${SECRET} }`) },
    /is not the name of a header/,
  ],
  [
    'a header twice',
    { yaml: backend(`headers: { X-A: ${SECRET}, x-a: b }`) },
    /headers\.x-a: is there twice/,
  ],
  [
    'a key of a managed one',
    { yaml: `backends:\n  - name: box\n    managed: {}\n    apiKey: ${SECRET}` },
    /apiKey: the processes of a managed backend need no key/,
  ],
  [
    'a password in a URL',
    { yaml: `backends: [{ name: box, url: "http://ada:${SECRET}@box" }]` },
    /with a user or a password.*headers/,
  ],
  [
    'a password in a URL of the command line',
    { flags: { backend: [`http://ada:${SECRET}@box`] } },
    /--backend: .*with a user or a password/,
  ],
  [
    'a password in OLLAMA_HOST',
    { env: { OLLAMA_HOST: `http://ada:${SECRET}@box:1` } },
    /^OLLAMA_HOST: .*with a user or a password/,
  ],
])('%s is refused, without showing the secret', async (_name, sources, expected) => {
  await writeFile(join(folder, 'empty'), '\n');
  await writeFile(join(folder, 'lines'), `${SECRET}\n${SECRET}\n`);
  const lines = await problems(sources);
  expect(lines).toEqual([typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
  expect(lines.join()).not.toContain(SECRET);
});
