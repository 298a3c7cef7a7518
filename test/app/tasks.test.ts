/** Tasks from the configuration to the jobs that run for them, over every way in. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/program.ts';
import type { Task } from '../../src/domain/task.ts';
import { GiB } from '../../src/domain/units.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { AppClient, attached, startApp, testConfig } from './test-app.ts';

const SMALL = 'smollm:360m';
const OTHER = 'qwen2.5:0.5b';
const EMBEDDER = 'all-minilm:latest';

function task(name: string, options: Readonly<Record<string, Partial<Task['options'][number]>>>): Task {
  const all = Object.entries(options).map(([optionName, option]) => ({
    name: optionName,
    model: SMALL,
    backend: null,
    vramBytes: null,
    quantization: null,
    speed: null,
    description: null,
    fps: null,
    provider: null,
    ...option,
  }));
  return { name, description: null, options: all, selected: all[0]?.name ?? '', warmup: false };
}

const TASKS = [
  task('write', { small: { model: SMALL, speed: 'fast' }, other: { model: OTHER } }),
  task('embed', { only: { model: 'all-minilm', backend: 'second' } }),
];

let dataDir: string;
let first: RunningVirtualOllama;
let second: RunningVirtualOllama;
let client: AppClient;

const start = async () => {
  const backends = [attached(first.url), attached(second.url, { name: 'second' })];
  client = new AppClient(await startApp(testConfig(dataDir, backends, { tasks: TASKS })));
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-tasks-'));
  const server = { gpus: [{ totalBytes: 24 * GiB }], speed: 50 };
  [first, second] = [await runVirtualOllama(server), await runVirtualOllama(server)];
  await start();
});
afterAll(async () => {
  await client.app.stop({ graceMs: 0 });
  await Promise.all([first.stop(), second.stop()]);
  await rm(dataDir, { recursive: true, force: true });
});

const SELECT = `mutation ($input: SelectTaskModelInput!) { selectTaskModel(input: $input) { __typename
  ... on SelectTaskModelPayload { explanation optionBefore unloads task { selected { name modelName } } }
  ... on TaskNotFoundError { code message tasks } ... on TaskOptionNotFoundError { code message options } } }`;
const select = async (task: string, option: string) =>
  (await client.query(SELECT, { input: { task, option } })).selectTaskModel;

const JOB = 'query ($id: ID!) { job(id: $id) { status modelName taskName backend { name } } }';
const ended = (id: string) =>
  eventually(
    async () => (await client.query(JOB, { id })).job,
    ({ status }) => ['COMPLETE', 'FAILED', 'CANCELLED'].includes(status),
  );

const request = { generate: { prompt: 'Why?', options: { maxTokens: 4 } } };
const post = (path: string, body: object) =>
  fetch(`${client.app.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const newestJob = async () =>
  (await client.query('{ jobs(first: 1) { nodes { id modelName taskName } } }')).jobs.nodes[0];

describe('a job of a task', () => {
  test('runs on the selected model, and keeps the names of both', async () => {
    const { job } = await client.submit({ task: 'write', request });
    expect(await ended(job.id)).toMatchObject({ status: 'COMPLETE', modelName: SMALL, taskName: 'write' });
  });

  test('runs on the backend that its option names, although another one has the model too', async () => {
    const { job } = await client.submit({ model: 'task:embed', request: { embed: { input: ['a'] } } });
    expect(await ended(job.id)).toMatchObject({ status: 'COMPLETE', backend: { name: 'second' } });
    expect(first.core.events.of('loaded').map(({ model }) => model)).not.toContain(EMBEDDER);
  });

  test.each([
    ['/api/chat', { messages: [{ role: 'user', content: 'Why?' }], stream: false }],
    ['/api/generate', { prompt: 'Why?', stream: false }],
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Why?' }] }],
    ['/v1/completions', { prompt: 'Why?' }],
    ['/v1/responses', { input: 'Why?' }],
    ['/v1/messages', { messages: [{ role: 'user', content: 'Why?' }], max_tokens: 4 }],
    ['/api/submit', { prompt: 'Why?' }],
  ])('comes by %s, and one of a task that is not there is told those that are', async (path, body) => {
    const answer = await post(path, { model: 'task:write', ...body });
    expect({ path, status: answer.status, text: await answer.text() }).toMatchObject({ status: 200 });
    expect(await newestJob()).toMatchObject({ modelName: SMALL, taskName: 'write' });
    const refused = await post(path, { model: 'task:cloud', ...body });
    expect(refused.status).toBe(404);
    expect(await refused.text()).toMatch(/There is no task \\?"cloud\\?"\. There are: write, embed\./);
  });

  test.each([
    ['/api/embed', { input: 'a' }],
    ['/v1/embeddings', { input: 'a' }],
    ['/api/submit', { prompt: 'a' }],
  ])('that embeds comes by %s', async (path, body) => {
    const answer = await post(path, { model: 'task:embed', ...body });
    expect(answer.status).toBe(200);
    expect(await newestJob()).toMatchObject({ taskName: 'embed' });
  });

  test.each([
    [{ task: 'wrong' }, { code: 'TASK_NOT_FOUND', message: expect.stringContaining('write, embed') }],
    [{ model: 'task:wrong' }, { code: 'TASK_NOT_FOUND' }],
    [
      {},
      {
        code: 'INVALID_INPUT',
        issues: [{ path: ['model'], message: expect.stringContaining('name a model, or a task') }],
      },
    ],
    [
      { task: 'write', model: SMALL, maxAttempts: 0 },
      { code: 'INVALID_INPUT', issues: [{ path: ['maxAttempts'] }, { path: ['model'] }] },
    ],
  ])('is refused for %j', async (named, refusal) => {
    expect(await client.submit({ ...named, request })).toMatchObject(refusal);
  });

  test('submitted again with its key is the same job, whatever was selected meanwhile', async () => {
    const input = { task: 'write', idempotencyKey: 'same', request };
    const first = await client.submit(input);
    await select('write', 'other');
    expect(await client.submit(input)).toMatchObject({ deduplicated: true, job: { id: first.job.id } });
    expect(
      await client.submit({ ...input, task: 'write', request: { generate: { prompt: 'Else?' } } }),
    ).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await select('write', 'small');
    await ended(first.job.id);
  });
});

const inMemory = async () => {
  const { backends } = await client.query('{ backends { instances { modelName status } } }');
  return backends.flatMap(({ instances }: { instances: { modelName: string }[] }) =>
    instances.map(({ modelName }) => modelName),
  );
};

describe('another option', () => {
  test('is taken by later jobs, sends the model before it out of memory, and outlives a restart', async () => {
    await ended((await client.submit({ task: 'write', request })).job.id);
    expect(await inMemory()).toContain(SMALL);
    expect(await select('write', 'other')).toMatchObject({
      unloads: true,
      optionBefore: 'small',
      task: { selected: { name: 'other', modelName: OTHER } },
    });
    await eventually(inMemory, (names) => !names.includes(SMALL));
    await client.app.stop({ graceMs: 0 });
    await start();
    const { job } = await client.submit({ task: 'write', request });
    expect(await ended(job.id)).toMatchObject({ status: 'COMPLETE', modelName: OTHER });
  });

  test('leaves a model in memory while jobs are for it, and sends it out after them', async () => {
    await client.query('mutation { pauseScheduler { __typename } }');
    const { job } = await client.submit({ task: 'write', request });
    expect(await select('write', 'small')).toMatchObject({
      unloads: false,
      explanation: `${OTHER} stays in memory as long as 1 job is for it.`,
    });
    await client.query('mutation { resumeScheduler { __typename } }');
    expect(await ended(job.id)).toMatchObject({ status: 'COMPLETE', modelName: OTHER });
    await eventually(inMemory, (names) => !names.includes(OTHER));
  });

  test('that is not there is told with those that are', async () => {
    expect(await select('write', 'none')).toMatchObject({
      code: 'TASK_OPTION_NOT_FOUND',
      options: ['small', 'other'],
    });
    expect(await select('none', 'small')).toMatchObject({
      code: 'TASK_NOT_FOUND',
      tasks: ['write', 'embed'],
    });
  });
});

describe('the command line', () => {
  test('loads the models of tasks, lists them, selects another option and submits', async () => {
    expect(await command('task', 'warmup')).toMatchObject({
      code: 0,
      out: `write: ${SMALL} is in memory.\nembed: all-minilm is in memory.\n`,
    });
    const listed = await command('task', 'list', '--json');
    const [write] = listed.out.split('\n').map((line) => JSON.parse(line || 'null'));
    expect(write).toMatchObject({
      name: 'write',
      selected: { name: 'small' },
      options: [
        { speed: 'FAST', loaded: true, loadedAt: expect.any(String), vramBytes: expect.any(Number) },
        { loaded: false },
      ],
    });
    expect((await command('task', 'list')).out).toMatch(/write +\* small +smollm:360m/);
    expect(await command('task', 'select', 'write', 'other')).toMatchObject({
      code: 0,
      out: `write runs on ${OTHER} (other) from now on.\n`,
    });
    expect(await command('task', 'select', 'write', 'none')).toMatchObject({ code: 1, out: '' });
    const submitted = await command('submit', 'task:embed', 'a text', '--no-wait');
    expect(await ended(submitted.out.trim())).toMatchObject({ status: 'COMPLETE', taskName: 'embed' });
  });
});

async function command(...args: string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await runCommand([...args, '--server', client.app.url], '0.0.0', {
    outIsTerminal: false,
    notesAreTerminal: false,
    columns: null,
    out: (text) => void out.push(text),
    outLine: (text = '') => void out.push(`${text}\n`),
    note: (text = '') => void notes.push(`${text}\n`),
    noteText: (text) => void notes.push(text),
    style: (_style, text) => text,
    noteStyle: (_style, text) => text,
  });
  return { code, out: out.join(''), notes: notes.join('') };
}
