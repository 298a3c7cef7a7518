import { describe, expect, it, test } from 'vitest';
import { load, problems } from './folder.ts';

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
