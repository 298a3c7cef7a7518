/** Requests of Ollama's API, good and bad, by rules: every route, every field, every wrong type. */
import { seededRandom } from '../../src/clock.ts';
import type { Probe } from './differential.ts';

/** Models that both servers have, under the same names. */
export interface ProbedModels {
  readonly completion: string;
  readonly embedding: string;
  /** With tools and thinking; without one the requests about them are refused for their model. */
  readonly tools?: string;
}

/** JSON texts of every kind. What is put for a field goes out as it stands here: numbers in every spelling, keys in their order. */
const VALUES: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '1',
  '-1',
  '1.5',
  '1.0',
  '1e30',
  '1E400',
  '-0',
  '9007199254740993',
  '12345678901234567890',
  '""',
  '" "',
  '"text"',
  '"5m"',
  '"\\u0001\\u00e9\\ud83d\\ude00"',
  '"a\\"b\\\\c"',
  '[]',
  '[1]',
  '[null]',
  '["text"]',
  '[["text"]]',
  '[{}]',
  '{}',
  '{"a":1}',
  '{"a":"b"}',
  '{"a":{"b":[null]}}',
];

const INFERENCE = [
  'model',
  'stream',
  'format',
  'keep_alive',
  'options',
  'think',
  'truncate',
  'shift',
  '_debug_render_only',
  'logprobs',
  'top_logprobs',
];

interface RouteFields {
  readonly method: string;
  readonly path: string;
  readonly fields: readonly string[];
  /** Fields of a good request, as JSON texts. */
  good(models: ProbedModels): Readonly<Record<string, string>>;
}

const quote = (text: string) => JSON.stringify(text);
const FEW = '{"num_predict":2,"seed":7}';
const HELLO = '[{"role":"user","content":"hello"}]';
/** Of no model that anybody has. */
const NOBODY = '"nobody:1b"';

const ROUTES: readonly RouteFields[] = [
  {
    method: 'POST',
    path: '/api/generate',
    fields: [...INFERENCE, 'prompt', 'suffix', 'system', 'template', 'context', 'raw', 'images'],
    good: ({ completion }) => ({
      model: quote(completion),
      prompt: '"hello"',
      stream: 'false',
      options: FEW,
    }),
  },
  {
    method: 'POST',
    path: '/api/chat',
    fields: [...INFERENCE, 'messages', 'tools'],
    good: ({ completion }) => ({ model: quote(completion), messages: HELLO, stream: 'false', options: FEW }),
  },
  {
    method: 'POST',
    path: '/api/embed',
    fields: ['model', 'input', 'keep_alive', 'truncate', 'dimensions', 'options'],
    good: ({ embedding }) => ({ model: quote(embedding), input: '"hello"' }),
  },
  {
    method: 'POST',
    path: '/api/embeddings',
    fields: ['model', 'prompt', 'keep_alive', 'options'],
    good: ({ embedding }) => ({ model: quote(embedding), prompt: '"hello"' }),
  },
  {
    method: 'POST',
    path: '/api/show',
    fields: ['model', 'name', 'system', 'template', 'verbose', 'options'],
    good: ({ completion }) => ({ model: quote(completion) }),
  },
  {
    method: 'POST',
    path: '/api/pull',
    fields: ['model', 'name', 'insecure', 'username', 'password'],
    good: () => ({ model: '"x/y/z/w"', stream: 'false' }),
  },
  {
    method: 'POST',
    path: '/api/push',
    fields: ['model', 'name', 'insecure', 'username', 'password'],
    good: () => ({ model: '""', stream: 'false' }),
  },
  {
    method: 'POST',
    path: '/api/create',
    fields: [
      ...[
        'model',
        'name',
        'stream',
        'quantize',
        'from',
        'remote_host',
        'files',
        'adapters',
        'template',
        'license',
      ],
      ...['system', 'parameters', 'messages', 'renderer', 'parser', 'requires', 'info'],
    ],
    good: ({ completion }) => ({ model: '"made:1b"', from: quote(completion) }),
  },
  {
    method: 'POST',
    path: '/api/copy',
    fields: ['source', 'destination'],
    good: ({ completion }) => ({ source: quote(completion), destination: '"copied:1b"' }),
  },
  { method: 'DELETE', path: '/api/delete', fields: ['model', 'name'], good: () => ({ model: NOBODY }) },
];

const objectText = (fields: Readonly<Record<string, string>>) =>
  `{${Object.entries(fields)
    .map(([name, value]) => `${quote(name)}:${value}`)
    .join(',')}}`;

const post = (path: string, body: string): Probe => ({ method: 'POST', path, body });

function* everyFieldEveryType(models: ProbedModels): Generator<Probe> {
  for (const { method, path, fields, good } of ROUTES) {
    yield { method, path, body: objectText(good(models)) };
    for (const field of fields) {
      for (const value of VALUES)
        yield { method, path, body: objectText({ ...good(models), [field]: value }) };
    }
  }
}

const BODIES = [
  ...[
    '',
    ' \n',
    '{',
    '{"model"',
    '{"model":',
    '{"model":"a',
    '{"model":"a"',
    '{"model":"a",}',
    '[',
    '[1',
    '[1,]',
    'nul',
    'nulll',
  ],
  ...[
    'null',
    '5',
    '"text"',
    'true',
    '[]',
    '{}',
    '{}{}',
    '{} x',
    '\ufeff{}',
    '{"model":"\u0001"}',
    '{"model":"a\nb"}',
    '{\u0001}',
  ],
  ...[
    "{'model':1}",
    '{"model":01}',
    '{"a":[01]}',
    '{"model":-}',
    '{"model":1.}',
    '{"model":1e}',
    '{"model":"\\x"}',
    '{"model":"\\u12g4"}',
  ],
  ...[
    '{"model":tru3}',
    '{"a":1 "b"}',
    '{"a" 1}',
    '[1 2]',
    'é',
    '{é}',
    '"\u007f',
    '{"model":5,"keep_alive":"x"}',
    '{"MODEL":5}',
    '{"Model":"nobody"}',
  ],
  ...[
    '{"model":5,"prompt":5}',
    '{"model":"a","model":5}',
    '{"model":null}',
    '/',
    '<html>',
    '{"a":\u007f}',
    '{"a":\u0000}',
  ],
];

function* brokenBodies(): Generator<Probe> {
  for (const { method, path } of ROUTES) for (const body of BODIES) yield { method, path, body };
}

const PATHS = [
  ...[
    '/',
    '/api',
    '/api/',
    '/api/nothing',
    '/api/generate/',
    '/api/tags/',
    '/api/ps/',
    '/api/generate/x',
    '//api/tags',
    '/API/tags',
  ],
  ...[
    '/api/version',
    '/api/status',
    '/api/tags',
    '/api/ps',
    '/api/show',
    '/api/generate',
    '/api/chat',
    '/api/embed',
    '/api/embeddings',
  ],
  ...[
    '/api/pull',
    '/api/push',
    '/api/create',
    '/api/copy',
    '/api/delete',
    '/api/blobs/',
    '/api/blobs/x',
    '/api/blobs/sha256:abc',
  ],
  ...[
    `/api/blobs/sha256:${'0'.repeat(64)}`,
    `/api/blobs/sha256-${'0'.repeat(64)}`,
    '/api/blobs/a/b',
    '/api/blobs/%20',
    '/api/blobs/%zz',
  ],
  ...[
    '/api/me',
    '/api/signout',
    '/api/user/keys/abc',
    '/api/user/keys/',
    '/api/user',
    '/api/experimental/web_search',
  ],
  ...[
    '/api/experimental/web_fetch',
    '/api/experimental/model-recommendations',
    '/api/experimental/nothing',
    '/api/tags?x=1',
    '/favicon.ico',
  ],
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** What a method would do there is asked elsewhere; and Go answers a bad path with a body even to HEAD, which no client takes. */
const LEFT_OUT = new Set(['GET /api/status', 'POST /api/blobs/sha256:', 'HEAD /api/blobs/%zz']);

function* pathsAndMethods(): Generator<Probe> {
  for (const path of PATHS) {
    for (const method of METHODS) {
      if (![...LEFT_OUT].some((left) => `${method} ${path}`.startsWith(left))) yield { method, path };
    }
  }
}

const HOSTS = [
  'localhost',
  'localhost:1',
  'example.com',
  'example.com:11434',
  'a.local',
  'a.internal:5',
  'a.localhost',
  'local',
  '10.1.2.3',
  '8.8.8.8',
  '172.20.0.1:80',
  '172.32.0.1',
  '192.168.1.1',
  '[::1]:11434',
  '[::1]',
  '[fe80::1]',
  '[fd00::1]',
  '0.0.0.0',
  '127.9.9.9',
  'LOCALHOST',
];
const ORIGINS = [
  'http://localhost',
  'https://localhost:3000',
  'http://127.0.0.1:8080',
  'http://example.com',
  'null',
  'app://x',
  'file://',
  'tauri://localhost',
  'vscode-webview://abc',
  'vscode-file://abc',
  'chrome-extension://abc',
  'moz-extension://abc',
  'http://localhost.example.com',
  'HTTP://LOCALHOST',
  'http://0.0.0.0',
  'http://[::1]',
  'http://localhost:evil.com',
];

function* hostsAndOrigins(): Generator<Probe> {
  for (const method of ['GET', 'OPTIONS']) {
    for (const host of HOSTS) yield { method, path: '/api/version', headers: { host } };
    for (const origin of ORIGINS) {
      yield { method, path: '/api/version', headers: { origin } };
      yield { method, path: '/api/version', headers: { origin, host: 'example.com' } };
    }
  }
}

const TYPES = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  'nonsense',
];

function* contentTypes(models: ProbedModels): Generator<Probe> {
  for (const { method, path, good } of ROUTES) {
    for (const type of TYPES) {
      yield { method, path, headers: { 'content-type': type }, body: objectText(good(models)) };
    }
  }
}

const NAMES = [
  ...[
    '',
    ' ',
    'x',
    'X:Y',
    'a b',
    ' x',
    'x ',
    'x:',
    ':x',
    '/',
    'a/b',
    'a/b/c',
    'a/b/c/d',
    'http://a/b/c',
    'x:cloud',
    'x-cloud',
    'x:1b-cloud',
    'x:local',
  ],
  ...[
    'x:1b:local',
    'x:cloud:local',
    'x:local:cloud',
    'x:cloud:cloud',
    'x:CLOUD',
    'x: cloud',
    '../../x',
    'é',
    '-x',
    '.x',
    '_x',
    'x:-y',
    'x@sha256:abc',
  ],
  ...[
    `${'a'.repeat(80)}`,
    `${'a'.repeat(81)}`,
    'x:é',
    'x\u0001',
    'x\n',
    '"x"',
    "x'y",
    'a//b',
    'cloud',
    ':cloud',
    '-cloud',
    'x/cloud',
  ],
];

function* modelNames(models: ProbedModels): Generator<Probe> {
  const { completion, embedding } = models;
  const given = [
    ...NAMES,
    completion.toUpperCase(),
    `${completion}:local`,
    ` ${completion}`,
    `library/${completion}`,
    `registry.ollama.ai/library/${completion}`,
  ];
  for (const name of given.map(quote)) {
    yield post('/api/generate', `{"model":${name},"stream":false,"prompt":"x","options":${FEW}}`);
    yield post('/api/chat', `{"model":${name},"stream":false,"messages":${HELLO},"options":${FEW}}`);
    yield post('/api/embed', `{"model":${name},"input":5}`);
    yield post('/api/embeddings', `{"model":${name}}`);
    yield post('/api/show', `{"model":${name}}`);
    yield post('/api/copy', `{"source":${name},"destination":"copied:1b"}`);
    yield post('/api/copy', `{"source":"nobody","destination":${name}}`);
  }
  // Models that are there stay: later requests need them.
  for (const name of NAMES.map(quote))
    yield { method: 'DELETE', path: '/api/delete', body: `{"model":${name}}` };
  for (const name of [embedding.toUpperCase(), ` ${embedding}`].map(quote)) {
    yield post('/api/embed', `{"model":${name},"input":"x"}`);
    yield post('/api/embeddings', `{"model":${name},"prompt":"x"}`);
  }
}

const OPTION_NAMES = [
  ...[
    'num_ctx',
    'num_batch',
    'num_gpu',
    'main_gpu',
    'use_mmap',
    'num_thread',
    'num_keep',
    'seed',
    'num_predict',
    'top_k',
    'top_p',
    'min_p',
  ],
  ...[
    'typical_p',
    'repeat_last_n',
    'temperature',
    'repeat_penalty',
    'presence_penalty',
    'frequency_penalty',
    'stop',
    'nothing',
    'constructor',
  ],
];

function* options(models: ProbedModels): Generator<Probe> {
  const wrong = ['null', 'true', '"text"', '[]', '[1]', '{}', '["a"]'];
  for (const name of OPTION_NAMES) {
    for (const value of wrong) {
      yield post(
        '/api/generate',
        `{"model":${quote(models.completion)},"prompt":"x","stream":false,"options":{"num_predict":2,${quote(name)}:${value}}}`,
      );
    }
  }
  for (const value of [
    '"10m"',
    '"-1"',
    '"-1m"',
    '0',
    '"0"',
    '-1',
    '300',
    '1.5',
    '1e30',
    '"5"',
    '"1h30m"',
    '"x"',
    '"1x"',
    '"\\u0001"',
    '"é"',
    '[]',
    '{}',
    'true',
  ]) {
    for (const path of ['/api/generate', '/api/chat'])
      yield post(path, `{"model":${quote(models.completion)},"keep_alive":${value}}`);
    yield post('/api/embed', `{"model":${quote(models.embedding)},"keep_alive":${value}}`);
  }
}

const IMAGES = [
  '"a"',
  '"aa"',
  '"aaa"',
  '"aaaa"',
  '"aaa="',
  '"aa=="',
  '"a==="',
  '"aa=a"',
  '"=aaa"',
  '"aaaa="',
  '"aaa=\\n"',
  '"aa\\naa"',
  '"aa=\\n="',
  '"aa=="',
  '"%"',
  '"aaaa%"',
  '"é"',
  '5',
  '[1,2]',
  '[300]',
  '["x"]',
  '{}',
  'null',
];
const CALLS = [
  '5',
  '[5]',
  '[{}]',
  '[{"id":5}]',
  '[{"function":5}]',
  '[{"function":{"name":5}}]',
  '[{"function":{"index":1.5}}]',
];
const ARGUMENTS = ['5', '"{}"', '"text"', '[]', 'true', 'null', '{}', '{"a":1e400}', '{"a":{"b":1}}'];
const SCHEMAS = [
  '5',
  '"x"',
  '[]',
  'null',
  '{}',
  '{"type":5}',
  '{"required":"a"}',
  '{"required":[5]}',
  '{"properties":5}',
  '{"properties":[]}',
  '{"properties":{"a":5}}',
  '{"properties":{"a":null}}',
  '{"properties":{"a":{"type":5}}}',
  '{"properties":{"a":{"type":[5]}}}',
  '{"properties":{"a":{"type":["string","null"]}}}',
  '{"properties":{"a":{"type":{}}}}',
  '{"properties":{"a":{"description":5}}}',
  '{"properties":{"a":{"enum":5}}}',
  '{"properties":{"a":{"anyOf":[5]}}}',
  '{"properties":{"a":{"anyOf":[{"type":5}]}}}',
  '{"properties":{"a":{"properties":{"b":{"type":5}}}}}',
  '{"properties":{"a":{"required":5}}}',
  '{"items":1e400}',
  '{"$defs":5}',
];

function* messagesAndTools(models: ProbedModels): Generator<Probe> {
  const model = quote(models.completion);
  const chat = (rest: string) =>
    post('/api/chat', `{"model":${model},"stream":false,"options":${FEW},${rest}}`);
  for (const field of [
    'role',
    'content',
    'thinking',
    'images',
    'tool_calls',
    'tool_name',
    'tool_call_id',
    'ROLE',
    'unknown',
  ]) {
    for (const value of VALUES)
      yield chat(`"messages":[{"role":"user","content":"hello",${quote(field)}:${value}}]`);
  }
  for (const value of IMAGES) {
    yield chat(`"messages":[{"role":"user","content":"x","images":[${value}]}]`);
    yield post('/api/generate', `{"model":${NOBODY},"prompt":"x","images":[${value}]}`);
  }
  for (const calls of CALLS) yield chat(`"messages":[{"role":"assistant","tool_calls":${calls}}]`);
  for (const value of ARGUMENTS) {
    yield chat(
      `"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":${value}}}]},{"role":"tool","content":"1"}]`,
    );
  }
  for (const value of [
    '5',
    '[5]',
    '[{}]',
    '[{"type":5}]',
    '[{"function":5}]',
    '[{"function":{"name":5}}]',
    '{}',
  ])
    yield chat(`"messages":${HELLO},"tools":${value}`);
  for (const schema of SCHEMAS) {
    const tools = `[{"type":"function","function":{"name":"f","parameters":${schema}}}]`;
    yield post('/api/chat', `{"model":${NOBODY},"messages":${HELLO},"tools":${tools}}`);
    yield chat(`"messages":${HELLO},"tools":${tools}`);
    if (models.tools)
      yield post(
        '/api/chat',
        `{"model":${quote(models.tools)},"stream":false,"options":${FEW},"messages":${HELLO},"tools":${tools}}`,
      );
  }
}

function* shapesOfAnswers(models: ProbedModels): Generator<Probe> {
  const few = `"options":${FEW}`;
  for (const name of [models.completion, models.tools, models.embedding]
    .filter((name) => name !== undefined)
    .map(quote)) {
    for (const stream of ['', ',"stream":false', ',"stream":true']) {
      yield post('/api/generate', `{"model":${name},"prompt":"hello",${few}${stream}}`);
      yield post('/api/generate', `{"model":${name},"prompt":"hello","raw":true,${few}${stream}}`);
      yield post('/api/generate', `{"model":${name},"prompt":"hello","suffix":"end",${few}${stream}}`);
      yield post(
        '/api/generate',
        `{"model":${name},"prompt":"hello","system":"be","template":"{{ .System }} {{ .Prompt }}",${few}${stream}}`,
      );
      yield post('/api/generate', `{"model":${name},"prompt":"hello","context":[1,2],${few}${stream}}`);
      yield post('/api/generate', `{"model":${name}${stream}}`);
      yield post('/api/generate', `{"model":${name},"keep_alive":0${stream}}`);
      yield post('/api/chat', `{"model":${name},"messages":${HELLO},${few}${stream}}`);
      yield post('/api/chat', `{"model":${name},"messages":[]${stream}}`);
      yield post('/api/chat', `{"model":${name},"messages":[],"keep_alive":0${stream}}`);
      yield post(
        '/api/chat',
        `{"model":${name},"messages":${HELLO},"logprobs":true,"top_logprobs":2,${few}${stream}}`,
      );
      for (const think of ['true', 'false', '"low"', '"wrong"', '5'])
        yield post('/api/chat', `{"model":${name},"messages":${HELLO},"think":${think},${few}${stream}}`);
      for (const role of ['system', 'assistant', 'tool', 'developer', '', 'USER'])
        yield post(
          '/api/chat',
          `{"model":${name},"messages":[{"role":${quote(role)},"content":"x"}],${few}${stream}}`,
        );
    }
    yield post('/api/show', `{"model":${name}}`);
    yield post('/api/show', `{"name":${name},"verbose":true}`);
    yield post('/api/show', `{"name":${name},"system":"other"}`);
    yield {
      method: 'POST',
      path: '/api/show',
      headers: { 'user-agent': 'GitHubCopilotChat/1.2' },
      body: `{"name":${name}}`,
    };
    for (const input of ['"x"', '["x","y"]', '[]', '""', '[""]', '["x",5]', 'null'])
      yield post('/api/embed', `{"model":${name},"input":${input}}`);
  }
  for (const dimensions of ['2', '0', '-1', '10000'])
    yield post('/api/embed', `{"model":${quote(models.embedding)},"input":"x","dimensions":${dimensions}}`);
}

const nestedText = (levels: number, open: string, close: string) =>
  `${open.repeat(levels)}1${close.repeat(levels)}`;

function* deepBodies(models: ProbedModels): Generator<Probe> {
  for (const levels of [64, 1_000, 9_000, 9_990, 10_001]) {
    for (const deep of [nestedText(levels, '[', ']'), nestedText(levels, '{"a":', '}')]) {
      yield post('/api/generate', deep);
      yield post('/api/generate', `{"model":${NOBODY},"options":{"stop":${deep}}}`);
      yield post(
        '/api/generate',
        `{"model":${quote(models.completion)},"prompt":"x","stream":false,"options":{"num_predict":2,"x":${deep}}}`,
      );
      yield post('/api/embed', `{"model":${quote(models.embedding)},"input":${deep}}`);
      yield post(
        '/api/chat',
        `{"model":${quote(models.completion)},"stream":false,"options":${FEW},"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"a":${deep}}}}]}]}`,
      );
      yield { method: 'DELETE', path: '/api/delete', body: `{"model":${deep}}` };
    }
  }
}

/** Every request of the rules, in a fixed order. */
export function everyProbe(models: ProbedModels): readonly Probe[] {
  return [
    ...pathsAndMethods(),
    ...hostsAndOrigins(),
    ...brokenBodies(),
    ...contentTypes(models),
    ...modelNames(models),
    ...options(models),
    ...messagesAndTools(models),
    ...shapesOfAnswers(models),
    ...deepBodies(models),
    ...everyFieldEveryType(models),
  ];
}

/** So many of them, the same for the same seed. */
export function someProbes(models: ProbedModels, count: number, seed: number): readonly Probe[] {
  const random = seededRandom(seed);
  return everyProbe(models)
    .map((probe) => ({ probe, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ probe }) => probe);
}
