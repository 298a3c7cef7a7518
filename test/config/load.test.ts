import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GiB, MiB } from '../../src/domain/units.ts';
import { folder, load } from './folder.ts';

describe('defaults', () => {
  test('stand where nothing is said', async () => {
    expect(await load({})).toEqual({
      host: '127.0.0.1',
      port: 5001,
      ollamaPort: null,
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
      onClientGone: 'cancel',
      maxBodyBytes: 20 * MiB,
      fileQuota: { ofClient: 2 * GiB, ofAll: 10 * GiB },
      imageQuota: { ofClient: GiB, ofAll: 5 * GiB },
      keys: [],
      hosts: [],
      origins: [],
      ollamaOrigins: [],
      trustClientHeaders: false,
      log: { level: 'info', format: 'text', file: null },
      pollIntervalMs: 1000,
      patience: {},
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

test('a second port is another one', async () => {
  expect((await load({ env: { VRAMKEEPER_OLLAMA_PORT: '11434' } })).ollamaPort).toBe(11434);
  expect((await load({ flags: { ollamaPort: '11434' } })).ollamaPort).toBe(11434);
  await expect(load({ yaml: 'port: 11434\nollamaPort: 11434' })).rejects.toThrow(
    /ollamaPort: 11434 is the port of the server itself.*choose another port/,
  );
  await expect(load({ yaml: 'ollamaPort: ollama' })).rejects.toThrow(/ollamaPort: .* whole number/);
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
    kvCacheType: q8_0
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
ollamaPort: 11434
onClientGone: finish
maxBodyBytes: 1MiB
fileBytes: 3GiB
fileBytesPerClient: 2MiB
imageBytes: 4GiB
imageBytesPerClient: 3MiB
keys: [{ name: ada, key: 0123456789abcdef, admin: true }, { name: bob, key: fedcba9876543210, maxPriority: low }]
hosts: [gpu-box.lan]
origins: [https://app.example]
trustClientHeaders: true
log: { level: debug, format: json, file: logs/out.log }
pollInterval: 250ms
loadStallTimeout: 20m
firstPieceTimeout: 1h
silenceTimeout: 10m
`,
  });
  expect(config).toEqual({
    host: '127.0.0.1',
    port: 6001,
    ollamaPort: 11434,
    dataDir: '/home/ada/jobs',
    headroomBytes: GiB,
    backends: [
      {
        name: 'shared-box',
        type: 'ollama',
        url: 'http://10.0.0.7:11434',
        parallel: 4,
        maxLoadedModels: 3,
        kvCacheType: 'q8_0',
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
    onClientGone: 'finish',
    maxBodyBytes: MiB,
    fileQuota: { ofClient: 2 * MiB, ofAll: 3 * GiB },
    imageQuota: { ofClient: 3 * MiB, ofAll: 4 * GiB },
    keys: [
      { name: 'ada', key: '0123456789abcdef', admin: true, maxPriority: 'HIGH' },
      { name: 'bob', key: 'fedcba9876543210', admin: false, maxPriority: 'LOW' },
    ],
    hosts: ['gpu-box.lan'],
    origins: ['https://app.example'],
    ollamaOrigins: [],
    trustClientHeaders: true,
    log: { level: 'debug', format: 'json', file: join(folder, 'logs/out.log') },
    pollIntervalMs: 250,
    patience: { loadStallMs: 1_200_000, firstPieceMs: 3_600_000, silenceMs: 600_000 },
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
      VRAMKEEPER_ON_CLIENT_GONE: 'finish',
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
    onClientGone: 'finish',
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

test('listening for others is possible with keys', async () => {
  const config = await load({ yaml: 'host: 0.0.0.0\nkeys: [{ name: a, key: 0123456789abcdef }]' });
  expect(config.host).toBe('0.0.0.0');
});
