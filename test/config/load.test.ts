import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Flags, loadConfig } from '../../src/config/load.ts';
import { InvalidSettingError } from '../../src/domain/errors.ts';
import { GiB, MiB } from '../../src/domain/units.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-config-'));
});

afterEach(() => rm(folder, { recursive: true }));

interface Sources {
  readonly yaml?: string;
  readonly env?: Record<string, string>;
  readonly flags?: Flags;
}

async function load({ yaml, env = {}, flags = {} }: Sources) {
  if (yaml !== undefined) await writeFile(join(folder, 'vramkeeper.yaml'), yaml);
  return loadConfig(flags, { env, cwd: folder, home: '/home/ada' });
}

/** The lines that refuse it. */
async function problems(sources: Sources): Promise<readonly string[]> {
  try {
    await load(sources);
  } catch (error) {
    if (error instanceof InvalidSettingError) return error.message.split('\n');
    throw error;
  }
  throw new Error('These settings were taken.');
}

describe('defaults', () => {
  test('stand where nothing is said', async () => {
    expect(await load({})).toEqual({
      host: '127.0.0.1',
      port: 5001,
      dataDir: '/home/ada/.local/share/vramkeeper',
      headroomBytes: 512 * MiB,
      backends: [
        {
          name: 'ollama',
          type: 'ollama',
          url: 'http://127.0.0.1:11434',
          parallel: 1,
          maxLoadedModels: null,
          gpus: 'auto',
        },
      ],
      retentionMs: 7 * 86_400_000,
      models: {},
      keepAliveMs: 300_000,
      warmup: [],
      keepWarm: [],
      reservations: [],
      contextLength: 4096,
      queueLimit: 100_000,
      maxBodyBytes: 20 * MiB,
      keys: [],
      log: { level: 'info', format: 'text', file: null },
      pollIntervalMs: 1000,
      ollama: expect.objectContaining({ namedBy: null }),
      configFile: null,
    });
  });

  test('an empty file says nothing', async () => {
    expect((await load({ yaml: '# nothing yet\n' })).port).toBe(5001);
  });

  test('XDG_DATA_HOME moves the data, unless it is relative', async () => {
    expect((await load({ env: { XDG_DATA_HOME: '/srv/data' } })).dataDir).toBe('/srv/data/vramkeeper');
    expect((await load({ env: { XDG_DATA_HOME: 'data' } })).dataDir).toBe(
      '/home/ada/.local/share/vramkeeper',
    );
  });

  test('OLLAMA_HOST names the default backend, and no other', async () => {
    const env = { OLLAMA_HOST: '0.0.0.0:8080' };
    expect((await load({ env })).backends[0]?.url).toBe('http://127.0.0.1:8080');
    const yaml = 'backends: [{ name: box, url: "http://box:11434" }]';
    expect((await load({ env, yaml })).backends.map(({ url }) => url)).toEqual(['http://box:11434']);
  });
});

test('a whole file is understood', async () => {
  const config = await load({
    yaml: `
port: 6001
dataDir: ~/jobs
headroom: 1GiB
backends:
  - name: shared-box
    type: ollama
    url: http://10.0.0.7:11434/
    parallel: 4
    maxLoadedModels: 3
    gpus: [{ probe: nvidia, index: 1 }, { probe: fixed, index: 2, total: 24GiB }]
  - name: laptop
    url: localhost
    gpus: [{ probe: none }]
retention: 36h
models:
  "qwen3:8b": { contextLength: 8192, parallel: 4, keepAlive: 30m, partialOffload: true }
  gemma:2b: {}
  phi3:mini: { keepAlive: -1 }
keepAlive: 10m
warmup: [gemma:2b]
keepWarm: [phi3:mini]
reservations: [{ owner: comfy, bytes: 4GiB, gpu: 1, whileProcess: ComfyUI }, { owner: desktop, bytes: 1GiB }]
contextLength: 2048
queueLimit: 10
maxBodyBytes: 1MiB
keys: [{ name: ada, key: 0123456789abcdef, admin: true }, { name: bob, key: fedcba9876543210, maxPriority: low }]
log: { level: debug, format: json, file: logs/out.log }
pollInterval: 250ms
`,
  });
  expect(config).toEqual({
    host: '127.0.0.1',
    port: 6001,
    dataDir: '/home/ada/jobs',
    headroomBytes: GiB,
    backends: [
      {
        name: 'shared-box',
        type: 'ollama',
        url: 'http://10.0.0.7:11434',
        parallel: 4,
        maxLoadedModels: 3,
        gpus: [
          { probe: 'nvidia', index: 1 },
          { probe: 'fixed', index: 2, totalBytes: 24 * GiB },
        ],
      },
      {
        name: 'laptop',
        type: 'ollama',
        url: 'http://localhost:11434',
        parallel: 1,
        maxLoadedModels: null,
        gpus: [{ probe: 'none' }],
      },
    ],
    retentionMs: 36 * 3_600_000,
    models: {
      'qwen3:8b': { contextLength: 8192, parallel: 4, keepAliveMs: 1_800_000, partialOffload: true },
      'gemma:2b': { contextLength: null, parallel: null, keepAliveMs: 600_000 },
      'phi3:mini': { contextLength: null, parallel: null, keepAliveMs: null },
    },
    keepAliveMs: 600_000,
    warmup: ['gemma:2b'],
    keepWarm: ['phi3:mini'],
    reservations: [
      { owner: 'comfy', bytes: 4 * GiB, backend: null, gpu: 1, whileProcess: 'ComfyUI' },
      { owner: 'desktop', bytes: GiB, backend: null, gpu: null, whileProcess: null },
    ],
    contextLength: 2048,
    queueLimit: 10,
    maxBodyBytes: MiB,
    keys: [
      { name: 'ada', key: '0123456789abcdef', admin: true, maxPriority: 'HIGH' },
      { name: 'bob', key: 'fedcba9876543210', admin: false, maxPriority: 'LOW' },
    ],
    log: { level: 'debug', format: 'json', file: join(folder, 'logs/out.log') },
    pollIntervalMs: 250,
    ollama: expect.objectContaining({ namedBy: 'vramkeeper.yaml:5: backends' }),
    configFile: join(folder, 'vramkeeper.yaml'),
  });
});

test('fixed GPUs without an index are numbered by their place', async () => {
  const config = await load({
    yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: fixed, total: 8GiB }, { probe: fixed, total: 4GiB }] }]',
  });
  expect(config.backends[0]?.gpus).toEqual([
    { probe: 'fixed', index: 0, totalBytes: 8 * GiB },
    { probe: 'fixed', index: 1, totalBytes: 4 * GiB },
  ]);
});

test('GPUs of AMD, and of a host that an exporter tells of', async () => {
  const config = await load({
    yaml: `backends:
  - { name: a, url: a, gpus: [{ probe: amd }] }
  - { name: b, url: b, gpus: [{ probe: amd, index: 1 }, { probe: prometheus, url: "b:9835", index: 0 }] }
  - { name: c, url: c, gpus: [{ probe: prometheus, url: "https://c/x/metrics?a=b", interval: 10s }] }
`,
  });
  expect(config.backends.map((backend) => backend.gpus)).toEqual([
    [{ probe: 'amd', index: null }],
    [
      { probe: 'amd', index: 1 },
      { probe: 'prometheus', url: 'http://b:9835/metrics', index: 0, intervalMs: null },
    ],
    [{ probe: 'prometheus', url: 'https://c/x/metrics?a=b', index: null, intervalMs: 10_000 }],
  ]);
});

test('every VRAMKEEPER variable is read', async () => {
  const config = await load({
    env: {
      VRAMKEEPER_HOST: 'localhost',
      VRAMKEEPER_PORT: ' 7001 ',
      VRAMKEEPER_DATA_DIR: 'here',
      VRAMKEEPER_HEADROOM: '2GiB',
      VRAMKEEPER_BACKENDS: 'http://a:1, b',
      VRAMKEEPER_RETENTION: '1d',
      VRAMKEEPER_CONTEXT_LENGTH: '1024',
      VRAMKEEPER_QUEUE_LIMIT: '5',
      VRAMKEEPER_MAX_BODY_BYTES: '2MiB',
      VRAMKEEPER_POLL_INTERVAL: '2s',
      VRAMKEEPER_LOG_LEVEL: 'warn',
      VRAMKEEPER_LOG_FORMAT: 'json',
      VRAMKEEPER_LOG_FILE: '~/v.log',
      VRAMKEEPER_URL: 'http://elsewhere:1',
    },
  });
  expect(config).toMatchObject({
    host: 'localhost',
    port: 7001,
    dataDir: join(folder, 'here'),
    headroomBytes: 2 * GiB,
    backends: [
      { name: 'ollama', url: 'http://a:1' },
      { name: 'ollama-2', url: 'http://b:11434' },
    ],
    retentionMs: 86_400_000,
    contextLength: 1024,
    queueLimit: 5,
    maxBodyBytes: 2 * MiB,
    pollIntervalMs: 2000,
    log: { level: 'warn', format: 'json', file: '/home/ada/v.log' },
  });
});

test('an empty variable counts as not set', async () => {
  expect((await load({ env: { VRAMKEEPER_PORT: '', OLLAMA_HOST: ' ' } })).port).toBe(5001);
});

test('another file is read when a flag or a variable names it', async () => {
  await writeFile(join(folder, 'other.yaml'), 'port: 6002');
  await writeFile(join(folder, 'third.yaml'), 'port: 6003');
  const env = { VRAMKEEPER_CONFIG: 'other.yaml' };
  expect((await load({ yaml: 'port: 6001', env })).port).toBe(6002);
  expect((await load({ env, flags: { config: 'third.yaml' } })).port).toBe(6003);
});

describe('refusals name the place, the value and what would be right', () => {
  const cases: readonly (readonly [name: string, sources: Sources, expected: string | RegExp])[] = [
    [
      'a misspelt key',
      { yaml: 'a: &x 1\nretension: 1d' },
      'vramkeeper.yaml:2: retension: is not a setting. Did you mean retention?',
    ],
    [
      'a key like no other',
      { yaml: 'zzzzzzzz: 1' },
      /^vramkeeper.yaml:1: zzzzzzzz: is not a setting. There are host, port, dataDir/,
    ],
    [
      'a misspelt key inside',
      { yaml: 'log:\n  levle: info' },
      'vramkeeper.yaml:2: log.levle: is not a setting. Did you mean level?',
    ],
    [
      'a misspelt key of a model',
      { yaml: 'models:\n  "a:b":\n    keepalive: 3m' },
      'vramkeeper.yaml:3: models["a:b"].keepalive: is not a setting. Did you mean keepAlive?',
    ],
    [
      'a number that is none',
      { yaml: 'port: "x"' },
      'vramkeeper.yaml:1: port: "x" is not a whole number from 0 to 65535.',
    ],
    [
      'a number out of range',
      { flags: { port: '70000' } },
      '--port: 70000 is not a whole number from 0 to 65535.',
    ],
    [
      'a variable that is no number',
      { env: { VRAMKEEPER_PORT: 'tcp://10.0.0.1:5001' } },
      'VRAMKEEPER_PORT: "tcp://10.0.0.1:5001" is not a whole number from 0 to 65535.',
    ],
    [
      'a misspelt variable',
      { env: { VRAMKEEPER_PROT: '1' } },
      'VRAMKEEPER_PROT: is not a setting. Did you mean VRAMKEEPER_PORT?',
    ],
    [
      'a size',
      { yaml: 'headroom: much' },
      /^vramkeeper.yaml:1: headroom: "much" is not a size. Write .* 24GiB/,
    ],
    ['a size of another type', { yaml: 'headroom: [1]' }, /^vramkeeper.yaml:1: headroom: .* is not a size/],
    [
      'a duration',
      { yaml: 'retention: soon' },
      /^vramkeeper.yaml:1: retention: "soon" is not a duration. Write .* 7d/,
    ],
    ['a negative duration', { yaml: 'retention: -1d' }, /"-1d" is not a duration/],
    ['a poll interval that is too short', { yaml: 'pollInterval: 1ms' }, /pollInterval: less than 100ms/],
    [
      'a level',
      { flags: { logLevel: 'loud' } },
      '--log-level: "loud" is none of debug, info, warn, error, silent.',
    ],
    [
      'a URL',
      { flags: { backend: ['ftp://x'] } },
      /^--backend: "ftp:\/\/x" is not the address of a model server/,
    ],
    ['OLLAMA_HOST', { env: { OLLAMA_HOST: 'ftp://x' } }, /^OLLAMA_HOST: "ftp:\/\/x" is not the address/],
    ['a missing key', { yaml: 'backends:\n  - name: a' }, 'vramkeeper.yaml:2: backends[0].url: is missing.'],
    ['a group that is none', { yaml: 'log: 3' }, 'vramkeeper.yaml:1: log: 3 is not a group of settings.'],
    ['a list that is none', { yaml: 'backends: here' }, /backends: "here" is not a list of backends/],
    ['an empty list of backends', { yaml: 'backends: []' }, /an empty list of backends/],
    ['a file that is no group', { yaml: '- a' }, /^vramkeeper.yaml:1: \["a"\] is not a group of settings/],
    [
      'a name used twice',
      { yaml: 'backends: [{ name: a, url: a }, { name: a, url: b }]' },
      /backends\[1\]\.name: "a" is used twice/,
    ],
    [
      'a URL used twice',
      { yaml: 'backends: [{ name: a, url: a }, { name: b, url: "a:11434" }]' },
      /backends\[1\]\.url: .* is used twice/,
    ],
    [
      'a GPU named twice',
      {
        yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: nvidia, index: 0 }, { probe: nvidia, index: 0 }] }]',
      },
      /GPU 0 is named twice/,
    ],
    [
      'every GPU and one of them',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: nvidia }, { probe: nvidia, index: 1 }] }]' },
      /without an index it stands for every GPU/,
    ],
    [
      'a fixed GPU without its size',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: fixed }] }]' },
      /gpus\[0\]\.total: a fixed GPU needs its size/,
    ],
    [
      'a size that a probe reads itself',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: nvidia, total: 1GiB }] }]' },
      /only probe: fixed takes a total/,
    ],
    [
      'a fixed GPU of no size',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: fixed, total: 0 }] }]' },
      /gpus\[0\]\.total: a fixed GPU needs its size/,
    ],
    [
      'a probe that is none',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: intel }] }]' },
      'vramkeeper.yaml:1: backends[0].gpus[0].probe: "intel" is none of nvidia, amd, prometheus, virtual, fixed, none.',
    ],
    [
      'an exporter without an address',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: prometheus }] }]' },
      /gpus\[0\].*the address of the metrics is missing, such as url: http/,
    ],
    [
      'an exporter at no address',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: prometheus, url: "ftp://a" }] }]' },
      /gpus\[0\]\.url: "ftp:\/\/a" is not the address of metrics\. Write host:port/,
    ],
    [
      'an exporter with a password',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: prometheus, url: "http://a:b@c" }] }]' },
      /gpus\[0\]\.url: .*without a password/,
    ],
    [
      'an address for a probe without one',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: amd, url: "a:1" }] }]' },
      /gpus\[0\]\.url: the amd probe has no url; only probe: prometheus takes one/,
    ],
    [
      'an interval for a probe without one',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: nvidia, interval: 1s }] }]' },
      /gpus\[0\]\.interval: the nvidia probe measures when it is asked/,
    ],
    [
      'every GPU of AMD and one of them',
      { yaml: 'backends: [{ name: a, url: a, gpus: [{ probe: amd }, { probe: amd, index: 1 }] }]' },
      /without an index it stands for every GPU/,
    ],
    ['a short key', { yaml: 'keys: [{ name: a, key: short }]' }, /keys\[0\]\.key: the key is too short/],
    [
      'a host for others without keys',
      { flags: { host: '0.0.0.0' } },
      /^host: 0.0.0.0 can be reached from other machines, so keys are needed/,
    ],
    ['no YAML', { yaml: 'port: 1\nbackends: [' }, /^vramkeeper.yaml:\d: /],
    ['a key written twice', { yaml: 'port: 1\nport: 2' }, /^vramkeeper.yaml:\d: .*unique/],
    [
      'a file that is not there',
      { flags: { config: 'gone.yaml' } },
      'The settings file gone.yaml cannot be read: there is no such file.',
    ],
  ];

  test.each(cases)('%s', async (_name, sources, expected) => {
    const lines = await problems(sources);
    expect(lines).toContainEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  test('all of them at once', async () => {
    const lines = await problems({
      yaml: 'port: x\nheadroom: y',
      env: { VRAMKEEPER_RETENTION: 'z', VRAMKEEPER_ZZZ: '1' },
      flags: { logLevel: 'loud' },
    });
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'VRAMKEEPER_ZZZ',
      'vramkeeper.yaml',
      'vramkeeper.yaml',
      'VRAMKEEPER_RETENTION',
      '--log-level',
    ]);
  });
});

describe('what a later version will read is refused by name', () => {
  const backend = (more: string) => `backends: [{ name: a, url: a, ${more} }]`;
  test.each([
    ['other backends', backend('type: openai'), /OpenAI-compatible backends are not in this version/],
    ['tasks', 'tasks: []', /tasks are not in this version/],
    ['PostgreSQL', 'postgres: here', /PostgreSQL is not in this version/],
  ])('%s', async (_name, yaml, expected) => {
    expect(await problems({ yaml })).toEqual([expect.stringMatching(expected)]);
  });

  test('and is not offered as a correction', async () => {
    expect(await problems({ yaml: 'taks: 1' })).toEqual([expect.not.stringContaining('tasks')]);
  });
});

test('listening for others is possible with keys', async () => {
  const config = await load({ yaml: 'host: 0.0.0.0\nkeys: [{ name: a, key: 0123456789abcdef }]' });
  expect(config.host).toBe('0.0.0.0');
});
