import { describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { load, problems, type Sources } from './folder.ts';

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
      /^vramkeeper.yaml:1: zzzzzzzz: is not a setting. There are host, port, ollamaPort, dataDir/,
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
      'a type of cache that no server has',
      { yaml: 'backends:\n  - { name: a, url: "http://a", kvCacheType: q3 }' },
      /kvCacheType: "q3" is not a type of KV cache. Use f16, q8_0 or q4_0/,
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
    [
      'a load stall time that is too short',
      { yaml: 'loadStallTimeout: 5s' },
      /loadStallTimeout: less than 10s/,
    ],
    [
      'a silence that lasts for ever',
      { env: { VRAMKEEPER_SILENCE_TIMEOUT: '30d' } },
      /^VRAMKEEPER_SILENCE_TIMEOUT: .*more than 7d/,
    ],
    [
      'a first piece that comes at no time',
      { yaml: 'firstPieceTimeout: long' },
      /firstPieceTimeout: .*not a duration/,
    ],
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

describe('a cache of results', () => {
  test.each([
    ['that is no group', 'cache: yes', /cache: "yes" is not a group of settings/],
    ['with a misspelt key', 'cache: { agee: 1d }', /cache.agee: is not a setting. Did you mean age/],
    ['with no time', 'cache: { age: 0 }', /cache.age: less than 1s/],
    ['with a list that is none', 'cache: { models: a }', /cache.models: "a" is not a list of names/],
  ])('%s is refused', async (_name, yaml, expected) => {
    expect((await problems({ yaml }))[0]).toMatch(expected);
  });

  test('has a usual age, and is off unless it is named', async () => {
    expect((await load({ yaml: 'cache: { models: [a] }' })).cache).toEqual({
      maxAgeMs: 86_400_000,
      shared: false,
      models: ['a'],
      clients: [],
    });
    expect((await load({ yaml: 'port: 5001' })).cache).toBeUndefined();
  });
});

describe('a backend has the settings of its type alone', () => {
  const backend = (more: string) => `backends: [{ name: a, ${more} }]`;
  test.each([
    [
      'an unknown type',
      'url: b, type: tabby',
      /"tabby" is not a backend type. Use type: ollama, type: openai, type: command or type: provider/,
    ],
    ['a managed one of OpenAI', 'type: openai, url: b, managed: {}', /only an Ollama can be managed/],
    [
      'a cache of OpenAI',
      'type: openai, url: b, kvCacheType: q8_0',
      /the server has its cache as it was started/,
    ],
    [
      'a count of OpenAI',
      'type: openai, url: b, maxLoadedModels: 3',
      /holds the models that it was started with/,
    ],
    ['memory of an Ollama', 'url: b, vram: 8GiB', /an Ollama tells by itself what its models take/],
    ['OpenAI without an address', 'type: openai', /url.*is missing/],
    ['a size that is none', 'type: openai, url: b, vram: much', /much/],
    ['cards of a provider', 'type: provider, gpus: [{ probe: none }]', /gpus: a provider has no GPUs here/],
    ['slots of a provider', 'type: provider, parallel: 3', /parallel: write concurrency/],
    ['a command of a provider', 'type: provider, env: { A: b }', /env: .*leave it out/],
    ['an API that nobody speaks', 'type: provider, api: tabby', /api: "tabby" is none of openai, anthropic/],
    ['a limit of an Ollama', 'url: b, requestsPerMinute: 3', /requestsPerMinute: only type: provider has it/],
    ['models of an Ollama', 'url: b, models: { x: {} }', /models: only type: command and type: provider/],
    [
      'a misspelt price',
      'type: provider, models: { x: { price: { prompt: 3, complition: 9 } } }',
      /models.x.price.complition: is not a setting. Did you mean completion/,
    ],
    [
      'a price that is none',
      'type: provider, models: { x: { price: { prompt: free } } }',
      /models.x.price.prompt: "free" is not a price/,
    ],
    [
      'a price without that of the prompt',
      'type: provider, models: { x: { price: {} } }',
      /models.x.price.prompt: is missing/,
    ],
    ['no model of a provider', 'type: provider, models: {}', /models: no model is named/],
    [
      'two keys of a provider',
      'type: provider, api: anthropic, apiKey: a, headers: { X-Api-Key: b }',
      /apiKey: headers have an x-api-key too/,
    ],
  ])('%s', async (_name, yaml, expected) => {
    expect((await problems({ yaml: backend(yaml) }))[0]).toMatch(expected);
  });

  test('and those of providers are read, with a key for each of two', async () => {
    const yaml = `
backendKey: ours
backends:
  - name: claude
    type: provider
    api: anthropic
    apiKey: { env: CLAUDE_KEY }
    models: { fast: { model: claude-haiku, price: { prompt: 1, completion: 5 }, maxTokens: 900 } }
  - { name: one, type: provider, apiKey: first, requestsPerMinute: 60, concurrency: 2 }
  - { name: two, type: provider, apiKey: second }
  - { name: rig, type: openai, url: "http://gpu:8000" }
`;
    const { backends } = await load({ yaml, env: { CLAUDE_KEY: 'secret' } });
    const price = { prompt: 1, completion: 5, cachedPrompt: 1 };
    expect(backends).toMatchObject([
      {
        url: 'https://api.anthropic.com/v1',
        headers: { 'x-api-key': 'secret' },
        models: { fast: { model: 'claude-haiku', price, maxTokens: 900, contextLength: null, kinds: null } },
      },
      { url: 'https://api.openai.com/v1', models: null, requestsPerMinute: 60, concurrency: 2 },
      { headers: { authorization: 'Bearer second' }, requestsPerMinute: null, concurrency: 4 },
      { headers: { authorization: 'Bearer ours' } },
    ]);
    // The key of our own servers is nothing that a company is told.
    expect(backends[0]?.headers).not.toHaveProperty('authorization');
  });

  test('and those of a server of OpenAI are read', async () => {
    const yaml = 'backends: [{ name: rig, type: openai, url: "http://gpu:8000", vram: 20GiB, parallel: 16 }]';
    const { backends } = await load({ yaml });
    expect(backends[0]).toMatchObject({ type: 'openai', vramBytes: 20 * GiB, parallel: 16, gpus: 'auto' });
  });
});

describe('settings of tasks', () => {
  test.each([
    ['no group', 'tasks: [a]', /tasks.*is not a group of tasks/],
    ['no options', 'tasks: { a: { options: {} } }', /tasks\.a\.options.*has none/],
    ['a name that no API takes', 'tasks: { "a b": { options: { x: { model: m } } } }', /"a b" is not a name/],
    ['an option without a model', 'tasks: { a: { options: { x: {} } } }', /tasks\.a\.options\.x\.model/],
    [
      'a speed that is none',
      'tasks: { a: { options: { x: { model: m, speed: quick } } } }',
      /"quick" is none of fast/,
    ],
    [
      'an option that is not there',
      'tasks: { a: { selected: y, options: { x: { model: m } } } }',
      /"y" is none of its options: x/,
    ],
    [
      'a backend that is not there',
      'tasks: { a: { options: { x: { model: m, backend: rig } } } }',
      /a\.options\.x\.backend: there is no backend "rig"\. There are: ollama/,
    ],
    ['frames that are none', 'tasks: { a: { options: { x: { model: m, fps: 0 } } } }', /more than 0/],
  ])('%s', async (_name, yaml, expected) => {
    expect((await problems({ yaml }))[0]).toMatch(expected);
  });

  test('are read, and the first option is selected where none is', async () => {
    const options = '{ x: { model: m, vram: 3GiB, speed: fast, fps: 2, provider: openai }, y: { model: n } }';
    const { tasks } = await load({ yaml: `tasks: { a: { options: ${options} } }` });
    expect(tasks).toMatchObject([
      {
        name: 'a',
        selected: 'x',
        options: [
          { vramBytes: 3 * GiB, fps: 2 },
          { model: 'n', backend: null },
        ],
      },
    ]);
  });
});

describe('what a later version will read is refused by name', () => {
  test.each([['Tracing', 'tracing: here', /tracing is not in this version/]])(
    '%s',
    async (_name, yaml, expected) => {
      expect(await problems({ yaml })).toEqual([expect.stringMatching(expected)]);
    },
  );

  test('and is not offered as a correction', async () => {
    expect(await problems({ yaml: 'tracin: 1' })).toEqual([expect.not.stringContaining('tracing?')]);
  });
});
