/** What tools look for that attack GraphQL servers (graphql-cop's checks) and HTTP servers: the whole server refuses it, and says why. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppClient, startApp, testConfig } from '../app/test-app.ts';
import { openRaw, parseAnswer, requestText } from '../http/support/raw-client.ts';
import { temporaryDirectory } from '../store/support/stores.ts';

let app: AppClient;
let remove: () => Promise<unknown>;

beforeAll(async () => {
  const directory = await temporaryDirectory();
  // No backend answers there: nothing here may ask for one.
  app = new AppClient(await startApp(testConfig(directory.path, [])));
  remove = () => directory.remove();
});

afterAll(async () => {
  await app.app.stop({ graceMs: 0 });
  await remove();
});

function post(body: string, contentType = 'application/json'): Promise<Response> {
  return fetch(app.app.graphqlUrl, { method: 'POST', headers: { 'content-type': contentType }, body });
}

const times = (count: number, piece: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => piece(at)).join(' ');
const get = (query: string) => fetch(`${app.app.graphqlUrl}?query=${encodeURIComponent(query)}`);

/** Deep, and nothing that a tool for the API asks for. */
const CIRCULAR = `{ __schema { types { ${'fields { type { '.repeat(12)} name ${'} }'.repeat(12)} } } }`;

test.each<readonly [string, () => Promise<Response>, status: number]>([
  [
    'alias overloading',
    () => post(JSON.stringify({ query: `{ ${times(200, (at) => `a${at}: __typename`)} }` })),
    400,
  ],
  ['array-based batching', () => post(JSON.stringify(Array(10).fill({ query: '{ __typename }' }))), 400],
  [
    'field duplication',
    () => post(JSON.stringify({ query: `{ ${times(5_000, () => '__typename')} }` })),
    400,
  ],
  [
    'directive overloading',
    () => post(JSON.stringify({ query: `{ __typename ${times(500, () => '@aa')} }` })),
    400,
  ],
  ['circular introspection', () => post(JSON.stringify({ query: CIRCULAR })), 400],
  [
    'circular fragments',
    () =>
      post(JSON.stringify({ query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' })),
    400,
  ],
  ['a mutation by GET', () => get('mutation { pauseScheduler { __typename } }'), 405],
  [
    'a form of another site (CSRF)',
    () => post('query=mutation%20%7BpauseScheduler%7B__typename%7D%7D', 'application/x-www-form-urlencoded'),
    415,
  ],
  ['plain text of another site (CSRF)', () => post('{"query":"{ __typename }"}', 'text/plain'), 415],
])('%s is refused', async (_name, ask, status) => {
  const response = await ask();
  const { errors, data } = (await response.json()) as { errors?: { message: string }[]; data?: unknown };
  // A client of the old media type is told with 200.
  expect(status === 400 ? [200, 400] : [status]).toContain(response.status);
  expect(errors?.[0]?.message).toMatch(/\w/);
  expect(data ?? null).toBeNull();
  expect((await app.query('{ stats { paused } }')).stats.paused).toBe(false);
});

test('tracing is not told, whoever asks for it', async () => {
  const response = await fetch(app.app.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-apollo-tracing': '1' },
    body: '{"query":"{ __typename }"}',
  });
  expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
});

test.each([
  ['a name of another site (DNS rebinding)', { host: 'evil.example' }, 'GET /api/tags HTTP/1.1'],
  [
    'a WebSocket of another site',
    {
      host: 'localhost',
      origin: 'https://evil.example',
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': 13,
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'sec-websocket-protocol': 'graphql-transport-ws',
    },
    'GET /graphql HTTP/1.1',
  ],
  ['a folded header', { host: 'localhost', 'x-a': 'b\r\n c: d' }, 'GET /healthz HTTP/1.1'],
  ['a header with a bare line feed', { host: 'localhost', 'x-a': 'b\nc: d' }, 'GET /healthz HTTP/1.1'],
  ['a second host', { host: 'localhost', Host: 'evil.example' }, 'GET /healthz HTTP/1.1'],
  [
    'a second key',
    { host: 'localhost', authorization: 'Bearer a', Authorization: 'Bearer b' },
    'GET /healthz HTTP/1.1',
  ],
  [
    'a WebSocket with a second host',
    {
      host: 'localhost',
      Host: 'evil.example',
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': 13,
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'sec-websocket-protocol': 'graphql-transport-ws',
    },
    'GET /graphql HTTP/1.1',
  ],
  ['no host', {}, 'GET /healthz HTTP/1.1'],
] as const)('%s is refused', async (_name, headers, line) => {
  const { socket, received, closed } = openRaw(Number(new URL(app.app.url).port));
  socket.write(
    requestText(line, {
      ...(headers as Record<string, string>),
      ...('upgrade' in headers ? {} : { connection: 'close' }),
    }),
    'latin1',
  );
  await closed;
  expect([400, 403, 421]).toContain(parseAnswer(received()).status);
});
