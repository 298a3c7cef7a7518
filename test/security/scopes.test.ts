import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { digestText, keyOf } from '../../src/domain/api-key.ts';
import type { Scope } from '../../src/domain/scopes.ts';
import { TestApp } from '../app/test-app.ts';
import { RawSocket } from '../conformance/support.ts';

const MODEL = 'qwen2.5:0.5b';
/** By the only scope that it has. */
const NAMES = ['submitter', 'reader', 'auditor', 'operator', 'admin', 'nobody'] as const;
/** It reads all, and changes what is its own. */
const CURIOUS = 'the-key-of-the-curious';
type Who = (typeof NAMES)[number];

const KEYS = Object.fromEntries(
  NAMES.map((name, index) => [name, keyOf(new Uint8Array(32).fill(index + 1))]),
) as Record<Who, string>;
const SCOPES: Readonly<Record<Who, readonly Scope[]>> = {
  submitter: ['SUBMIT'],
  reader: ['READ_OWN'],
  auditor: ['READ_ALL'],
  operator: ['OPERATE'],
  admin: ['ADMIN'],
  nobody: [],
};

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
type Data = any;

let server: TestApp;
/** Of the submitter. */
let jobId: string;

beforeAll(async () => {
  const keys = NAMES.map((name) => ({
    name,
    key: digestText(KEYS[name]),
    admin: false,
    scopes: SCOPES[name],
    maxPriority: 'HIGH' as const,
  }));
  server = await TestApp.start({
    config: {
      keys: [
        ...keys,
        { name: 'curious', key: CURIOUS, admin: false, scopes: ['SUBMIT', 'READ_ALL'], maxPriority: 'HIGH' },
      ],
      anonymous: { scopes: ['READ_OWN'], maxPriority: 'LOW' },
    },
  });
  await ask('admin', 'mutation { pauseScheduler { __typename } }');
  const query = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) { ... on SubmitJobPayload { job { id client } } } }`;
  const request = { generate: { prompt: 'Why?' } };
  const { data } = await ask('submitter', query, { input: { model: MODEL, request } });
  expect(data.submitJob.job.client).toBe('submitter');
  jobId = data.submitJob.job.id;
});
afterAll(() => server[Symbol.asyncDispose]());

function call(who: Who | null, path: string, body?: object | string, method = body ? 'POST' : 'GET') {
  return fetch(new URL(path, server.app.url), {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(who && { authorization: `Bearer ${KEYS[who]}` }),
    },
    ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

async function ask(who: Who | null, query: string, variables: object = {}): Promise<Data> {
  return (await call(who, '/graphql', { query, variables })).json();
}

/** `let` where it was let in, whatever came of it then. */
async function outcome(who: Who | null, query: string): Promise<string> {
  const { errors } = await ask(who, query);
  return errors?.[0]?.extensions?.code ?? 'let';
}

const FORBIDDEN = 'FORBIDDEN';

describe('the API', () => {
  test.each<readonly [operation: string, mayIt: readonly Who[]]>([
    ['{ viewer { client scopes } }', NAMES],
    ['{ stats { paused } }', ['reader', 'auditor', 'operator', 'admin']],
    ['{ checkBatch(input: { jobs: [] }) { __typename } }', ['submitter', 'admin']],
    ['mutation { cancelJobs(input: { jobs: { ids: [] } }) { __typename } }', ['submitter', 'admin']],
    ['mutation { pauseScheduler { __typename } }', ['operator', 'admin']],
    [`mutation { unloadModel(input: { model: "${MODEL}" }) { __typename } }`, ['operator', 'admin']],
    ['mutation { deleteModel(input: { model: "not-there" }) { __typename } }', ['admin']],
  ])('lets to %s who may, and nobody else', async (operation, mayIt) => {
    for (const who of NAMES)
      expect([who, await outcome(who, operation)]).toEqual([who, mayIt.includes(who) ? 'let' : FORBIDDEN]);
  });

  it('asks no less of subscriptions, also where another follows the same', async () => {
    const port = Number(new URL(server.app.url).port);
    const query = 'subscription { statsChanged { stats { paused } } }';
    const opened: RawSocket[] = [];
    for (const who of ['reader', 'submitter', 'nobody'] as const) {
      const socket = await new RawSocket(port).acknowledged({ apiKey: KEYS[who] });
      opened.push(socket);
      socket.subscribe('1', query);
      const { payload } = (await socket.take()) as Data;
      const code = payload.errors?.[0].extensions.code ?? (payload.data.statsChanged && 'let');
      expect([who, code]).toEqual([who, who === 'reader' ? 'let' : FORBIDDEN]);
    }
    for (const socket of opened) await socket.close();
  });

  it('shows what belongs to others to who reads all, and lets only operators change it', async () => {
    const job = `{ job(id: "${jobId}") { client } }`;
    expect((await ask('reader', job)).data.job).toBeNull();
    expect((await ask('auditor', job)).data.job).toEqual({ client: 'submitter' });
    const changes = [
      `mutation { updateJobPriority(input: { id: "${jobId}", priority: LOW }) { __typename } }`,
      `mutation { updateJobPriorities(input: { jobs: { ids: ["${jobId}"] }, priority: HIGH }) { __typename } }`,
      `mutation { cancelJobs(input: { jobs: { ids: ["${jobId}"] } }) { __typename } }`,
    ];
    for (const query of changes) {
      const headers = { 'content-type': 'application/json', 'x-api-key': CURIOUS };
      const body = JSON.stringify({ query });
      const answer = await fetch(server.app.graphqlUrl, { method: 'POST', headers, body });
      expect(((await answer.json()) as Data).errors[0].extensions.code).toBe(FORBIDDEN);
    }
    expect(await outcome('admin', changes[0] ?? '')).toBe('let');
  });

  it('tells a caller what it may', async () => {
    expect((await ask('operator', '{ viewer { admin scopes choosesName } }')).data.viewer).toEqual({
      admin: false,
      scopes: ['READ_OWN', 'READ_ALL', 'OPERATE'],
      choosesName: false,
    });
  });
});

describe('routes', () => {
  test.each<
    readonly [path: string, body: object | string | undefined, method: string, mayIt: readonly Who[]]
  >([
    ['/api/version', undefined, 'GET', NAMES],
    ['/api/tags', undefined, 'GET', ['reader', 'auditor', 'operator', 'admin']],
    ['/v1/models', undefined, 'GET', ['reader', 'auditor', 'operator', 'admin']],
    ['/v1/files', undefined, 'GET', ['reader', 'auditor', 'operator', 'admin']],
    ['/metrics', undefined, 'GET', ['auditor', 'operator', 'admin']],
    ['/api/generate', '{', 'POST', ['submitter', 'admin']],
    ['/v1/chat/completions', '{', 'POST', ['submitter', 'admin']],
    ['/v1/messages', '{', 'POST', ['submitter', 'admin']],
    ['/api/submit', '{', 'POST', ['submitter', 'admin']],
    ['/images', 'no image', 'POST', ['submitter', 'admin']],
    ['/images/img_none', undefined, 'GET', ['reader', 'auditor', 'operator', 'admin']],
    ['/api/delete', '{', 'DELETE', ['admin']],
  ])('%s is for who may', async (path, body, method, mayIt) => {
    for (const who of NAMES) {
      const answer = await call(who, path, body, method);
      await answer.body?.cancel();
      expect([who, answer.status === 403]).toEqual([who, !mayIt.includes(who)]);
      expect([401, 500]).not.toContain(answer.status);
    }
  });
});

describe('without a key', () => {
  it('a caller has the scopes that the settings give, and no name of a client', async () => {
    const response = await fetch(server.app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-client': 'submitter' },
      body: JSON.stringify({ query: `{ viewer { client scopes maxPriority } job(id: "${jobId}") { id } }` }),
    });
    expect(((await response.json()) as Data).data).toEqual({
      viewer: { client: 'anonymous', scopes: ['READ_OWN'], maxPriority: 'LOW' },
      job: null,
    });
    expect((await call(null, '/api/generate', '{')).status).toBe(403);
  });

  it('a wrong key is refused, and a mistyped one told from it', async () => {
    const codeOf = async (key: string) => {
      const answer = await fetch(new URL('/images/img_none', server.app.url), {
        headers: { 'x-api-key': key },
      });
      return [answer.status, ((await answer.json()) as Data).error.code];
    };
    expect(await codeOf(keyOf(new Uint8Array(32).fill(99)))).toEqual([401, 'UNAUTHORIZED']);
    expect(await codeOf(`${KEYS.admin.slice(0, -1)}~`)).toEqual([401, 'KEY_MISTYPED']);
    expect(await codeOf(KEYS.admin.slice(0, 30))).toEqual([401, 'KEY_MISTYPED']);
  });
});

test('/readyz?verbose needs no key, and tells kinds of problems alone', async () => {
  const ready = async (path: string) => (await fetch(new URL(path, server.app.url))).json();
  expect(await ready('/readyz')).toEqual({ status: 'ready' });
  // The first of these tests has paused the scheduler.
  expect(await ready('/readyz?verbose')).toEqual({ status: 'ready', problems: ['SCHEDULER_PAUSED'] });
});
