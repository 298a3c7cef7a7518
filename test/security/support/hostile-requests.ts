/** Requests of every way in, spoiled by chance: as bytes, as HTTP, as JSON and as WebSocket frames. */
import { Buffer } from 'node:buffer';
import type { Random } from '../../../src/clock.ts';

const MODEL = 'smollm:360m';
const JOB = `mutation { submitJob(input: { model: "${MODEL}", request: { generate: { prompt: "x", options: { maxTokens: 2 } } } }) { __typename } }`;

/** JSON bodies that are taken as they are. */
const BODIES: readonly (readonly [path: string, body: unknown])[] = [
  ['/graphql', { query: '{ health { status } }' }],
  ['/graphql', { query: JOB }],
  [
    '/graphql',
    {
      query: 'query Q($id: ID!) { job(id: $id) { id status } }',
      variables: { id: 'job_1' },
      operationName: 'Q',
    },
  ],
  ['/graphql', { query: '{ jobs(first: 5) { nodes { id } pageInfo { endCursor } } }' }],
  ['/api/generate', { model: MODEL, prompt: 'x', stream: false, options: { num_predict: 2 } }],
  ['/api/chat', { model: MODEL, messages: [{ role: 'user', content: 'x' }], options: { num_predict: 2 } }],
  ['/api/embed', { model: 'all-minilm', input: ['x', 'y'] }],
  ['/api/show', { model: MODEL }],
  ['/api/pull', { model: 'no-such-model', stream: false }],
  ['/api/create', { model: 'mine', from: MODEL, stream: false }],
  ['/api/copy', { source: MODEL, destination: 'copy' }],
  ['/v1/chat/completions', { model: MODEL, messages: [{ role: 'user', content: 'x' }], max_tokens: 2 }],
  ['/v1/completions', { model: MODEL, prompt: 'x', max_tokens: 2, stream: true }],
  ['/v1/embeddings', { model: 'all-minilm', input: 'x' }],
  ['/v1/responses', { model: MODEL, input: 'x', max_output_tokens: 16 }],
  ['/v1/messages', { model: MODEL, max_tokens: 2, messages: [{ role: 'user', content: 'x' }] }],
  ['/v1/batches', { input_file_id: 'file-1', endpoint: '/v1/chat/completions', completion_window: '24h' }],
];

const PATHS = [
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/graphql',
  '/images/img_1',
  '/api/tags',
  '/api/ps',
  '/v1/models',
];

/** Messages of graphql-transport-ws. */
const MESSAGES = [
  { type: 'connection_init' },
  { type: 'subscribe', id: '1', payload: { query: 'subscription { jobEvents { __typename } }' } },
  { type: 'subscribe', id: '2', payload: { query: '{ health { status } }' } },
  { type: 'ping', payload: { a: 1 } },
  { type: 'complete', id: '1' },
];

const NASTY: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  0.5,
  '',
  ' ',
  '\0',
  '\ud800',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  'x'.repeat(3_000),
  [],
  {},
  [[[[[[]]]]]],
  { __proto__: null, length: 1e9 },
  2 ** 53,
];
const KEYS = [
  '__proto__',
  'constructor',
  '',
  'toString',
  '\ud800',
  'query',
  'model',
  'stream',
  'x'.repeat(300),
];
const BYTES = [
  '\0',
  '\r\n',
  '\n',
  ' ',
  '\xff\xfe',
  '{',
  '}',
  '"',
  '\\u',
  '1e999',
  ':',
  '%00',
  '[',
  '\t',
  ',',
];

export function hostileRequests(random: Random) {
  const below = (limit: number) => Math.floor(random.next() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const chance = (of: number) => random.next() < of;

  /** The same with a value replaced, left out, or added somewhere. */
  function spoilt(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || chance(0.15)) return pick(NASTY);
    if (Array.isArray(value)) {
      if (chance(0.2)) return [...value, pick(NASTY)];
      const at = below(value.length);
      return value.map((each, index) => (index === at ? spoilt(each) : each));
    }
    const entries = Object.entries(value);
    const at = below(entries.length);
    if (chance(0.1)) return Object.fromEntries(entries.filter((_, index) => index !== at));
    if (chance(0.1)) return Object.fromEntries([...entries, [pick(KEYS), pick(NASTY)]]);
    return Object.fromEntries(
      entries.map(([key, each], index) => [key, index === at ? spoilt(each) : each] as const),
    );
  }

  /** Some bytes of a text changed, left out, doubled, or put in. */
  function torn(text: string): string {
    const at = below(text.length);
    const end = at + below(Math.min(40, text.length - at) + 1);
    switch (below(5)) {
      case 0:
        return `${text.slice(0, at)}${String.fromCharCode(below(256))}${text.slice(at + 1)}`;
      case 1:
        return text.slice(0, at) + text.slice(end);
      case 2:
        return text.slice(0, end) + text.slice(at);
      case 3:
        return text.slice(0, at) + pick(BYTES) + text.slice(at);
      default:
        return text.slice(0, at);
    }
  }

  const utf8 = (text: string) => Buffer.from(text).toString('latin1');

  function http(method: string, path: string, body: string | null): string {
    const head = [`${method} ${path} HTTP/1.1`, 'host: localhost', 'connection: close'];
    if (body === null) return `${head.join('\r\n')}\r\n\r\n`;
    head.push('content-type: application/json', `content-length: ${body.length}`);
    return `${head.join('\r\n')}\r\n\r\n${body}`;
  }

  function frame(text: string): string {
    const bytes = Buffer.from(text);
    const opcode = chance(0.8) ? 1 : below(16);
    const length = Buffer.alloc(bytes.length < 126 ? 0 : 2);
    if (length.length > 0) length.writeUInt16BE(Math.min(bytes.length, 65_535));
    const first = (chance(0.9) ? 0x80 : 0) | (chance(0.05) ? 0x40 : 0) | opcode;
    const masked = chance(0.95) ? 0x80 : 0;
    const head = Buffer.from([first, masked | (length.length > 0 ? 126 : bytes.length)]);
    // The mask is zero, so that the text stands as it is.
    return Buffer.concat([head, length, Buffer.alloc(masked ? 4 : 0), bytes]).toString('latin1');
  }

  function socket(): string {
    const handshake = [
      'GET /graphql HTTP/1.1',
      'host: localhost',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
      'sec-websocket-protocol: graphql-transport-ws',
    ].join('\r\n');
    const frames = [frame(JSON.stringify(MESSAGES[0]))];
    for (let i = below(4); i >= 0; i -= 1) {
      const message = JSON.stringify(chance(0.7) ? spoilt(pick(MESSAGES)) : pick(MESSAGES)) ?? '';
      const text = frame(message);
      frames.push(chance(0.3) ? torn(text) : text);
    }
    return `${chance(0.1) ? torn(handshake) : handshake}\r\n\r\n${frames.join('')}`;
  }

  const ways: readonly (() => string)[] = [
    /** JSON of another shape, in sound HTTP. */
    () => {
      const [path, body] = pick(BODIES);
      return http('POST', path, utf8(JSON.stringify(spoilt(body)) ?? ''));
    },
    /** Text that is hardly JSON or GraphQL, in sound HTTP. */
    () => {
      const [path, body] = pick(BODIES);
      return http('POST', path, torn(utf8(JSON.stringify(body))));
    },
    /** A GraphQL document that is torn, in sound JSON. */
    () => http('POST', '/graphql', utf8(JSON.stringify({ query: torn(JOB) }))),
    /** Broken HTTP. */
    () => {
      const [path, body] = pick(BODIES);
      return torn(torn(http('POST', path, utf8(JSON.stringify(body)))));
    },
    () => torn(http(pick(['GET', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'TRACE']), pick(PATHS), null)),
    () =>
      http(
        pick(['GET', 'DELETE', 'HEAD']),
        `${pick(PATHS)}${pick(['?', '/', '%', ''])}${torn('query=x&first=%7B%22')}`,
        null,
      ),
    socket,
  ];
  return () => pick(ways)();
}
