import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { AuditLog } from '../../src/telemetry/audit-log.ts';
import { TestApp } from '../app/test-app.ts';

const MODEL = 'qwen2.5:0.5b';
const NAMES = ['ann', 'boss'] as const;
type Who = (typeof NAMES)[number];
const keyOf = (name: Who) => `the-key-of-${name}-1234`;

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
type Data = any;

let folder: string;
let server: TestApp;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-audit-'));
  const keys = NAMES.map((name) => ({
    name,
    key: keyOf(name),
    admin: name === 'boss',
    maxPriority: 'HIGH' as const,
  }));
  server = await TestApp.start({ config: { keys, audit: join(folder, 'deep', 'audit.jsonl') } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const call = (who: Who, path: string, body: object, method = 'POST') =>
  fetch(new URL(path, server.app.url), {
    method,
    headers: { 'content-type': 'application/json', 'x-api-key': keyOf(who) },
    body: JSON.stringify(body),
  });
const ask = async (who: Who, query: string): Promise<Data> => (await call(who, '/graphql', { query })).json();

async function lines(): Promise<readonly Data[]> {
  const text = await readFile(join(folder, 'deep', 'audit.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

it('has who did what to the scheduler, models, memory and what belongs to others, and nothing that is their own affair', async () => {
  await ask('ann', 'mutation { pauseScheduler { __typename } }');
  await ask('boss', 'mutation { pauseScheduler { __typename } }');
  const submit = `mutation { submitJob(input: { model: "${MODEL}", request: { generate: { prompt: "CANARY" } } }) { ... on SubmitJobPayload { job { id } } } }`;
  const { id } = (await ask('ann', submit)).data.submitJob.job;
  const priority = (to: string) =>
    `mutation { updateJobPriority(input: { id: "${id}", priority: ${to} }) { __typename } }`;
  await ask('ann', priority('LOW'));
  await ask('boss', priority('HIGH'));
  await ask('boss', `mutation { cancelJob(input: { id: "${id}", reason: "CANARY" }) { __typename } }`);
  await ask('ann', 'mutation { reserveVram(input: { bytes: 1073741824 }) { __typename } }');
  await ask('boss', 'mutation { deleteModel(input: { model: "not-there" }) { __typename } }');
  await call('boss', '/api/copy', { source: MODEL, destination: 'mine' });
  await call('boss', '/api/delete', { model: 'mine:latest' }, 'DELETE');
  await call('ann', '/api/delete', { model: MODEL }, 'DELETE');
  const told = await lines();
  expect(told.map(({ time: _, ...rest }) => rest)).toEqual([
    { client: 'ann', action: 'Mutation.pauseScheduler', outcome: 'refused', code: 'FORBIDDEN' },
    { client: 'boss', action: 'Mutation.pauseScheduler', outcome: 'done' },
    {
      client: 'boss',
      action: 'Mutation.updateJobPriority',
      outcome: 'done',
      id,
      priority: 'HIGH',
      of: 'ann',
    },
    { client: 'boss', action: 'Mutation.cancelJob', outcome: 'done', id, of: 'ann' },
    { client: 'ann', action: 'Mutation.reserveVram', outcome: 'done', bytes: 1073741824 },
    {
      client: 'boss',
      action: 'Mutation.deleteModel',
      outcome: 'failed',
      code: 'MODEL_NOT_FOUND',
      model: 'not-there',
    },
    { client: 'boss', action: 'POST /api/copy', outcome: 'done', source: MODEL, destination: 'mine' },
    { client: 'boss', action: 'DELETE /api/delete', outcome: 'done', model: 'mine:latest' },
    { client: 'ann', action: 'DELETE /api/delete', outcome: 'refused', code: 'FORBIDDEN' },
  ]);
  expect(told.every(({ time }) => /^\d{4}-\d\d-\d\dT/.test(time))).toBe(true);
  expect((await stat(join(folder, 'deep', 'audit.jsonl'))).mode & 0o777).toBe(0o600);
});

it('sets a full file aside, and keeps the last five', async () => {
  const file = join(folder, 'small.jsonl');
  const logger = { error: (message: string) => expect.unreachable(message) };
  const log = new AuditLog({ file, mostBytes: 300, clock: new VirtualClock(), logger });
  for (let number = 0; number < 40; number += 1)
    log.record({ client: 'ann', action: `${number}`, outcome: 'done', code: null, details: { model: 'a' } });
  const numbers: number[] = [];
  for (const end of ['.5', '.4', '.3', '.2', '.1', '']) {
    const text = await readFile(`${file}${end}`, 'utf8');
    expect(text.length).toBeLessThanOrEqual(300);
    for (const line of text.trimEnd().split('\n')) numbers.push(Number(JSON.parse(line).action));
  }
  expect(numbers).toEqual(Array.from(numbers, (_, at) => 40 - numbers.length + at));
  await expect(stat(`${file}.6`)).rejects.toThrow('ENOENT');
});

it('that cannot be written says so in the log, and holds nobody up', async () => {
  const told: string[] = [];
  const logger = { error: (message: string) => void told.push(message) };
  const log = new AuditLog({ file: join(folder, 'small.jsonl', 'x'), clock: new VirtualClock(), logger });
  log.record({ client: 'ann', action: 'Mutation.pauseScheduler', outcome: 'done', code: null, details: {} });
  expect(told).toEqual([
    expect.stringMatching(/cannot be written: Mutation.pauseScheduler by ann is not in it/),
  ]);
});
