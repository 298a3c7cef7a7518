import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { folder, load, problems } from './folder.ts';

const A = '0123456789abcdef';

describe('keys', () => {
  const CASES: readonly (readonly [name: string, keys: string, expected: RegExp])[] = [
    [
      'under two names',
      `{ name: a, key: ${A} }, { name: b, key: ${A}, admin: true }`,
      /keys\[1\]\.key: is the key of "a" too/,
    ],
    [
      'that are equal but for spaces',
      `{ name: a, key: ${A} }, { name: b, key: " ${A} " }`,
      /keys\[1\]\.key: is the key of "a"/,
    ],
    [
      'of a name that differs in case alone',
      `{ name: a, key: ${A} }, { name: " A ", key: ${A}0 }`,
      /keys\[1\]\.name: "A" and "a" differ in case alone/,
    ],
    ['that are empty', '{ name: a, key: "" }', /keys\[0\]\.key: the key is too short/],
    [
      'that are short but for spaces',
      '{ name: a, key: "abc                    " }',
      /keys\[0\]\.key: the key is too short/,
    ],
    [
      'that no header carries',
      '{ name: a, key: "schlüssel-für-alle" }',
      /keys\[0\]\.key: the key cannot be sent/,
    ],
    ['of two lines', '{ name: a, key: "01234567\\n89abcdef" }', /keys\[0\]\.key: the key cannot be sent/],
    ['that are numbers', '{ name: a, key: 1234567890123456 }', /keys\[0\]\.key: a key is text/],
    ['without a name', `{ name: "", key: ${A} }`, /keys\[0\]\.name: "" is not the name of a client/],
    [
      'of a name that no header carries',
      `{ name: "ä", key: ${A} }`,
      /keys\[0\]\.name: "ä" is not the name of a client/,
    ],
  ];
  test.each(CASES)('%s are refused, and not shown', async (_name, keys, expected) => {
    const found = await problems({ yaml: `keys: [${keys}]` });
    expect(found).toContainEqual(expect.stringMatching(expected));
    expect(found.join('\n')).not.toMatch(/0123456789abcdef|schl|1234567890123456/);
  });

  it('may be several for one client, so that a new one can replace an old one', async () => {
    const { keys } = await load({ yaml: `keys: [{ name: a, key: ${A} }, { name: a, key: ${A}0 }]` });
    expect(keys.map(({ name }) => name)).toEqual(['a', 'a']);
  });

  it('are taken without the spaces around them', async () => {
    const { keys } = await load({ yaml: `keys: [{ name: a, key: " ${A} " }]` });
    expect(keys[0]?.key).toBe(A);
  });
});

describe('names and origins', () => {
  it('are taken from the file, the environment and flags, as they are compared', async () => {
    const yaml =
      'hosts: [Vramkeeper, host.docker.internal., "[fe80::1]"]\norigins: ["https://App.example:443/", "http://localhost:3000"]';
    expect(await load({ yaml })).toMatchObject({
      hosts: ['vramkeeper', 'host.docker.internal', 'fe80::1'],
      origins: ['https://app.example', 'http://localhost:3000'],
    });
    const env = { VRAMKEEPER_HOSTS: 'a, b', VRAMKEEPER_ORIGINS: 'https://c' };
    expect(await load({ yaml, env })).toMatchObject({ hosts: ['a', 'b'], origins: ['https://c'] });
    const flags = { hosts: 'd', origins: 'https://e,https://f' };
    expect(await load({ yaml, env, flags })).toMatchObject({
      hosts: ['d'],
      origins: ['https://e', 'https://f'],
    });
  });

  const CASES: readonly (readonly [string, RegExp])[] = [
    [
      'hosts: ["http://vramkeeper"]',
      /hosts\[0\]: .* is not the name of a host\. Write it without scheme and port/,
    ],
    ['hosts: ["vramkeeper:5001"]', /hosts\[0\]: .* is not the name of a host/],
    ['hosts: [""]', /hosts\[0\]: "" is not the name of a host/],
    ['hosts: [1]', /hosts\[0\]: 1 is not the name of a host/],
    ['hosts: vramkeeper', /hosts: "vramkeeper" is not a list of names/],
    ['origins: [app.example]', /origins\[0\]: .* is not an origin\. Write scheme and host alone/],
    ['origins: ["https://app.example/page"]', /origins\[0\]: .* is not an origin/],
    ['origins: ["https://a:b@app.example"]', /origins\[0\]: .* is not an origin/],
    ['origins: [1]', /origins\[0\]: 1 is not an origin/],
    ['hosts: ["*"]', /^hosts: "\*" lets every web page use this server, so keys are needed/],
    ['origins: ["*"]', /^origins: "\*" lets every web page use this server, so keys are needed/],
  ];
  test.each(CASES)('%s is refused', async (yaml, expected) => {
    expect(await problems({ yaml })).toContainEqual(expect.stringMatching(expected));
  });

  it('may be any, where there are keys', async () => {
    const yaml = `hosts: ["*"]\norigins: ["*"]\nkeys: [{ name: a, key: ${A} }]`;
    expect(await load({ yaml })).toMatchObject({ hosts: ['*'], origins: ['*'] });
  });
});

describe('values that cannot work', () => {
  const fixed = (total: string) => `gpus: [{ probe: fixed, total: ${total} }]`;
  const exporter = (interval: string) =>
    `backends: [{ name: a, url: a, gpus: [{ probe: prometheus, url: "a:1", interval: ${interval} }] }]`;
  const CASES: readonly (readonly [string, RegExp])[] = [
    ['retention: 0', /retention: 0 is too short: .* Write at least 1m; 7d is usual/],
    ['retention: 5', /retention: 5 is too short/],
    ['retention: 59s', /retention: 59000 is too short/],
    ['pollInterval: 0', /pollInterval: less than 100ms/],
    ['pollInterval: 1h', /pollInterval: with more than 1m/],
    ['maxBodyBytes: 0', /maxBodyBytes: less than 1 KiB/],
    ['maxBodyBytes: 20', /maxBodyBytes: less than 1 KiB/],
    ['maxBodyBytes: 1GiB', /maxBodyBytes: more than 256MiB/],
    ['fileBytes: 5', /fileBytes: less than 1MiB/],
    ['fileBytesPerClient: much', /fileBytesPerClient: /],
    ['imageBytes: 5', /imageBytes: less than 1MiB/],
    ['imageBytesPerClient: much', /imageBytesPerClient: /],
    ['headroom: 512', /headroom: 512 bytes are too few\. Write a unit, such as 512MiB/],
    [fixed('24'), /total: 24 bytes are too few/],
    ['reservations: [{ owner: a, bytes: 8 }]', /reservations\[0\]\.bytes: 8 bytes are too few/],
    ['reservations: [{ owner: a, bytes: 0 }]', /reservations\[0\]\.bytes: a reservation of nothing/],
    ['managed: { promptCache: 512 }', /managed\.promptCache: 512 bytes are too few/],
    [exporter('0'), /interval: exporters measure each 100ms at most/],
    [exporter('1d'), /interval: exporters measure/],
    ['onClientGone: keep', /onClientGone: "keep" is none of cancel, finish/],
    ['onClientGone: true', /onClientGone: true is none of cancel/],
    ['metrics: true', /metrics: true is none of key, open, off/],
    ['hopelessDeadlines: drop', /hopelessDeadlines: "drop" is none of refuse, flag, ignore/],
    ['queueLimit: 0', /queueLimit: 0 is not a whole number/],
    ['contextLength: 0', /contextLength: 0 is not a whole number/],
  ];
  test.each(CASES)('%s stops the start with what would be right', async (yaml, expected) => {
    expect(await problems({ yaml })).toContainEqual(expect.stringMatching(expected));
  });

  test.each([
    'retention: 1m',
    'headroom: 0',
    'pollInterval: 1m',
    'maxBodyBytes: 256MiB',
    'keepAlive: 0',
    'managed: { promptCache: 0 }',
  ])('%s is taken', async (yaml) => {
    await load({ yaml });
  });
});

describe('keys of clients', () => {
  const DIGEST = `sha256:${'ab'.repeat(32)}`;

  it('stand in their entry, as themselves, as digests, in the environment and in files, with an end', async () => {
    const yaml = `clients:
  ann: { key: ${A}, weight: 2, scopes: [submit, read-all], maxPriority: normal }
  bob: { key: "${DIGEST}", expires: 2027-01-31, keys: [{ keyEnv: BOB_KEY, expires: 2027-02-28T12:00:00Z }, { keyFile: bob.key }] }
  eve: { maxRunning: 2 }
keys: [{ name: cy, keyEnv: VRAMKEEPER_CY_KEY, admin: true }]`;
    const env = { BOB_KEY: 'the-key-of-bob-1234', VRAMKEEPER_CY_KEY: 'the-key-of-cy-12345' };
    await writeFile(join(folder, 'bob.key'), 'another-key-of-bob-1\n');
    const { keys, clients } = await load({ yaml, env });
    const usual = { admin: false, maxPriority: 'HIGH' };
    expect(keys).toEqual([
      { ...usual, name: 'cy', key: 'the-key-of-cy-12345', admin: true },
      { ...usual, name: 'ann', key: A, scopes: ['SUBMIT', 'READ_ALL'], maxPriority: 'NORMAL' },
      { ...usual, name: 'bob', key: DIGEST, expiresAt: Date.UTC(2027, 0, 31) },
      { ...usual, name: 'bob', key: 'the-key-of-bob-1234', expiresAt: Date.UTC(2027, 1, 28, 12) },
      { ...usual, name: 'bob', key: 'another-key-of-bob-1' },
    ]);
    expect(clients?.named.get('ann')?.weight).toBe(2);
  });

  test.each<readonly [string, string, RegExp]>([
    ['of a digest that is cut', '{ a: { key: "sha256:abc" } }', /the digest is incomplete/],
    ['that are mistyped', `{ a: { key: vk_${'0'.repeat(49)} } }`, /incomplete or mistyped/],
    ['of two sources', `{ a: { key: ${A}, keyEnv: X } }`, /clients\.a\.key: stands beside keyEnv/],
    ['of no source', '{ a: { keys: [{ expires: 2027-01-31 }] } }', /clients\.a\.keys\[0\]\.key: is missing/],
    [
      'of a variable that is not set',
      '{ a: { keyEnv: NOT_SET } }',
      /clients\.a\.keyEnv: .*NOT_SET is not set/,
    ],
    ['of a file that is not there', '{ a: { keyFile: gone.key } }', /clients\.a\.keyFile: .*gone\.key/],
    ['of two clients', `{ a: { key: ${A} }, b: { key: ${A} } }`, /clients\.b\.key: is the key of "a" too/],
    ['of names that differ in case alone', `{ a: { key: ${A} }, A: { key: ${A}0 } }`, /differ in case alone/],
    ['of all others', `{ default: { key: ${A} } }`, /clients\.default\.key: is that of nobody/],
    ['with a scope that is none', `{ a: { key: ${A}, scopes: [all] } }`, /"ALL" is no scope/],
    ['with scopes and admin', `{ a: { key: ${A}, scopes: [], admin: true } }`, /admin: true. is short for/],
    ['with an end that is none', `{ a: { key: ${A}, expires: soon } }`, /"soon" is not an instant/],
    ['that are not there, but their scopes', '{ a: { scopes: [submit] } }', /belongs to a key/],
  ])('%s are refused, and not shown', async (_name, clients, expected) => {
    const found = await problems({ yaml: `clients: ${clients}` });
    expect(found).toContainEqual(expect.stringMatching(expected));
    expect(found.join('\n')).not.toMatch(/0123456789abcdef|vk_000/);
  });

  it('let callers without one in only where that is said', async () => {
    expect((await load({ yaml: 'anonymous: { scopes: [read-own], maxPriority: low }' })).anonymous).toEqual({
      scopes: ['READ_OWN'],
      maxPriority: 'LOW',
    });
    expect(await problems({ yaml: 'anonymous: true' })).toContainEqual(
      expect.stringMatching(/anonymous: true is not a group of settings/),
    );
  });
});
