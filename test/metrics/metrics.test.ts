/** What a monitoring system reads of a whole server, and what the board and the alerts in `deploy/` ask for. */
import { readFile } from 'node:fs/promises';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { TestApp } from '../app/test-app.ts';

const KEYS = [
  { name: 'ann', key: 'the-key-of-ann-1234', admin: false, maxPriority: 'HIGH' },
  { name: 'boss', key: 'the-key-of-the-boss', admin: true, maxPriority: 'HIGH' },
] as const;
const CANARY = 'canary-in-the-prompt';

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function read(text: string): readonly Series[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (.*)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text = '']) => [
        key,
        text,
      ]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

let server: TestApp;
let text = '';
let series: readonly Series[] = [];

const ask = (key: string | null, method = 'GET') =>
  fetch(new URL('/metrics', server.app.url), { method, headers: key === null ? {} : { 'x-api-key': key } });

const figure = (name: string, labels: Readonly<Record<string, string>> = {}) =>
  series
    .filter(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);

beforeAll(async () => {
  server = await TestApp.start({ config: { keys: KEYS }, ollama: { speed: 100, tokensPerSecond: 1_000 } });
  const submit = async (model: string, maxTokens: number) => {
    const response = await fetch(new URL('/api/generate', server.app.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': KEYS[0].key },
      body: JSON.stringify({ model, prompt: CANARY, stream: false, options: { num_predict: maxTokens } }),
    });
    await response.text();
    return response.status;
  };
  expect(await submit('qwen2.5:0.5b', 8)).toBe(200);
  expect(await submit('qwen2.5:0.5b', 8)).toBe(200);
  server.ollama.core.faults.set({ failOf: CANARY });
  expect(await submit('qwen2.5:0.5b', 4)).toBeGreaterThanOrEqual(400);
  text = await (await ask(KEYS[1].key)).text();
  series = read(text);
});
afterAll(() => server[Symbol.asyncDispose]());

test('they are for administrators where there are keys', async () => {
  expect((await ask(null)).status).toBe(401);
  expect((await ask(KEYS[0].key)).status).toBe(403);
  const head = await ask(KEYS[1].key, 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(head.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
});

test('jobs, loads, memory and slots are as the jobs were', () => {
  const ofModel = { model: 'qwen2.5:0.5b', priority: 'NORMAL' };
  expect(figure('vramkeeper_jobs_submitted_total', ofModel)).toBe(3);
  expect(figure('vramkeeper_jobs_ended_total', { ...ofModel, status: 'COMPLETE' })).toBe(2);
  expect(figure('vramkeeper_jobs_ended_total', { ...ofModel, status: 'FAILED' })).toBe(1);
  expect(figure('vramkeeper_job_failures_total')).toBe(1);
  expect(figure('vramkeeper_job_wait_seconds_count')).toBe(3);
  expect(figure('vramkeeper_job_run_seconds_count')).toBe(3);
  expect(figure('vramkeeper_jobs', { status: 'COMPLETE' })).toBe(2);
  expect(figure('vramkeeper_loads_total')).toBe(1);
  expect(figure('vramkeeper_load_seconds_total')).toBeGreaterThan(0);
  expect(figure('vramkeeper_completion_tokens_total')).toBe(16);
  expect(figure('vramkeeper_instances', { model: 'qwen2.5:0.5b', state: 'READY' })).toBe(1);
  expect(figure('vramkeeper_backend_health', { health: 'HEALTHY' })).toBe(1);
  expect(figure('vramkeeper_decisions_total', { kind: 'DISPATCH' })).toBeGreaterThan(0);
  expect(figure('vramkeeper_decision_seconds_count')).toBeGreaterThan(0);
  const gpu = (kind: string) => figure('vramkeeper_gpu_memory_bytes', { kind });
  expect(gpu('instances')).toBeGreaterThan(0);
  expect(gpu('total')).toBe(
    gpu('headroom') + gpu('reserved') + gpu('foreign') + gpu('instances') + gpu('free'),
  );
});

test('the beginning of answers, what the gateway adds, and what backends failed at are as the jobs were', () => {
  const model = 'qwen2.5:0.5b';
  for (const name of ['vramkeeper_first_token_seconds', 'vramkeeper_first_token_after_start_seconds']) {
    expect(figure(`${name}_count`, { model })).toBe(2);
    expect(figure(`${name}_sum`, { model })).toBeGreaterThan(0);
  }
  const [fromStart, fromSubmission] = ['first_token_after_start', 'first_token'].map((name) =>
    figure(`vramkeeper_${name}_seconds_sum`),
  );
  expect(fromSubmission).toBeGreaterThanOrEqual(fromStart ?? Number.NaN);
  expect(figure('vramkeeper_gateway_added_seconds_count', { part: 'accept' })).toBe(3);
  expect(figure('vramkeeper_gateway_added_seconds_count', { part: 'answer' })).toBe(2);
  expect(figure('vramkeeper_gateway_added_seconds_sum')).toBeGreaterThan(0);
  expect(figure('vramkeeper_backend_errors_total')).toBeGreaterThan(0);
  expect(figure('vramkeeper_footprint_error_ratio_count')).toBe(1);
  expect(text).toContain('vramkeeper_swap_overhead_seconds_total 0\n');
  expect(figure('vramkeeper_work_estimate_error_ratio')).toBeGreaterThanOrEqual(0);
  // No start was promised to anybody.
  expect(series.some(({ name }) => name === 'vramkeeper_start_estimate_error_seconds')).toBe(false);
});

test('they hold nothing of a request, and no client', () => {
  expect(text).not.toContain(CANARY);
  expect(text).not.toMatch(/\bann\b/);
});

/** The names of series that a query reads, with the labels that it names of them. */
function namesIn(query: string): { readonly names: readonly string[]; readonly labels: readonly string[] } {
  const names: string[] = [];
  const labels: string[] = [];
  parser.parse(query).iterate({
    enter({ type, from, to }) {
      if (type.isError) throw new Error(`${query}: not a query from character ${from}`);
      if (type.name === 'VectorSelector') names.push(/^\w+/.exec(query.slice(from, to))?.[0] ?? '');
      if (type.name === 'LabelName') labels.push(query.slice(from, to));
    },
  });
  return { names, labels };
}

/** Empty until such a thing has happened. */
const MAY_BE_ABSENT = new Set([
  'vramkeeper_problems',
  'vramkeeper_waiting_jobs',
  'vramkeeper_oldest_wait_seconds',
  'vramkeeper_backlog_seconds',
  'vramkeeper_load_failures_total',
  'vramkeeper_start_estimate_error_seconds',
]);

async function queriesOf(file: string): Promise<readonly string[]> {
  const content = await readFile(new URL(`../../deploy/${file}`, import.meta.url), 'utf8');
  if (file.endsWith('.json'))
    return JSON.parse(content).panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    );
  return parseYaml(content).groups.flatMap(({ rules }: { rules: { expr: string }[] }) =>
    rules.map(({ expr }) => expr),
  );
}

describe.each(['grafana/vramkeeper.json', 'prometheus/alerts.yaml'])('deploy/%s', (file) => {
  test('asks for what a server answers, by labels that it has', async () => {
    const queries = await queriesOf(file);
    expect(queries.length).toBeGreaterThan(5);
    for (const query of queries) {
      const { names, labels } = namesIn(query);
      expect(names.length, query).toBeGreaterThan(0);
      for (const name of names) {
        const described = text.includes(`# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `);
        expect(described, `${query}: ${name} is not answered`).toBe(true);
        if (MAY_BE_ABSENT.has(name)) continue;
        const known = new Set(
          series.filter((one) => one.name === name).flatMap((one) => Object.keys(one.labels)),
        );
        expect(
          known.size > 0 || series.some((one) => one.name === name),
          `${query}: ${name} has no series`,
        ).toBe(true);
        for (const label of labels) expect([...known], `${query}: ${name} has no ${label}`).toContain(label);
      }
    }
  });
});

test('a model that somebody asks to go is counted with that reason', async () => {
  const unloaded = await fetch(new URL('/api/generate', server.app.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': KEYS[1].key },
    body: JSON.stringify({ model: 'qwen2.5:0.5b', keep_alive: 0 }),
  });
  expect(unloaded.status).toBe(200);
  const told = read(await (await ask(KEYS[1].key)).text()).filter(
    ({ name, value }) => name === 'vramkeeper_leaving_models_total' && value > 0,
  );
  expect(told).toMatchObject([{ labels: { reason: 'ASKED' }, value: 1 }]);
});

test.each([
  ['open', 200],
  ['off', 404],
] as const)('metrics: %s answers %i to whoever has no key', async (metrics, status) => {
  await using other = await TestApp.start({ config: { keys: KEYS, metrics } });
  expect((await fetch(new URL('/metrics', other.app.url))).status).toBe(status);
});
