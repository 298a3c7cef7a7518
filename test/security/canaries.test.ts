/** What people send and models answer is told to them, and is nowhere else: in no log, decision, reason, statistic or history. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { createLoggerOn } from '../../src/telemetry/logger.ts';
import type { Faults } from '../../src/virtual-ollama/faults.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { AppClient, attached, testConfig } from '../app/test-app.ts';
import { RawSocket } from '../conformance/support.ts';

const CANARY = /canary/i;
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Each with content in every place that takes some. */
const REQUESTS = {
  generate: {
    model: 'llama3.2:1b',
    request: { generate: { prompt: 'canary prompt', system: 'canary system', options: { maxTokens: 8 } } },
  },
  chat: {
    model: 'llama3.2:1b',
    request: {
      chat: {
        messages: [
          { role: 'SYSTEM', content: 'canary of the system' },
          { role: 'USER', content: 'canary question' },
        ],
        tools: [
          {
            type: 'function',
            function: { name: 'canary_tool', description: 'canary tool', parameters: { type: 'object' } },
          },
        ],
        options: { maxTokens: 8 },
      },
    },
  },
  schema: {
    model: 'llama3.2:1b',
    request: {
      generate: {
        prompt: 'canary',
        format: { schema: { type: 'object', properties: { canary_field: { type: 'string' } } } },
        options: { maxTokens: 8 },
      },
    },
  },
  embed: { model: 'all-minilm', request: { embed: { input: ['canary one', 'canary two'] } } },
  wrong: {
    model: 'llama3.2:1b',
    request: { generate: { prompt: '', images: ['canary'], options: { extra: { canary: 'canary' } } } },
  },
  image: { model: 'llama3.2:1b', request: { generate: { prompt: 'canary', images: [PIXEL, 'Y2FuYXJ5'] } } },
} as const;

const FAULTS: readonly Partial<Faults>[] = [
  {},
  { quotePrompt: 1 },
  { quoteOutput: 1 },
  { garbageLine: 1 },
  { endWithoutDone: 1 },
  { dieMidStream: 1 },
  { http500: 1 },
];

it('content is in no log, health, decision, statistic, reason or history, whatever fails', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-content-'));
  const ollama = await runVirtualOllama({ gpus: [{ totalBytes: 24 * GiB }], numParallel: 2, speed: 50 });
  const lines: string[] = [];
  const logger = createLoggerOn({ write: (line) => void lines.push(line) }, 'debug', systemClock);
  const url = ollama.url.replace('http://', 'http://canary-user:canary-password@');
  const app = createApp(testConfig(dataDir, [attached(url)]), { logger });
  await app.start();
  const t = new AppClient(app);
  const ended: string[] = [];
  let sequence = 0;
  const told: string[] = [];
  for (const faults of FAULTS) {
    for (const input of Object.values(REQUESTS)) {
      await fetch(`${ollama.url}/virtual/faults`, { method: 'PUT', body: JSON.stringify(faults) });
      sequence += 1;
      const { job } = await t.submit({
        ...input,
        maxAttempts: 1,
        idempotencyKey: `canary key ${sequence}`,
        metadata: { canary: 'canary metadata' },
      });
      if (!job) continue;
      const end = await t.ended(job.id);
      ended.push(`${Object.keys(faults)[0]} ${end.status}`);
      told.push(end.failure?.message ?? '');
    }
  }
  await refusedRequests(app.graphqlUrl);

  // The owner is told; so the backend did quote.
  expect(told.filter((message) => CANARY.test(message)).length).toBeGreaterThanOrEqual(4);
  expect(ended).toContain('undefined COMPLETE');
  for (const fault of FAULTS.slice(1)) expect(ended).toContain(`${Object.keys(fault)[0]} FAILED`);
  const seen = await t.query(`{
    health { status problems { code message } }
    stats { __typename }
    decisions(first: 100) { nodes { kind explanation modelName } }
    backends { name url problem instances { status modelName } }
    jobs(first: 100) { nodes { id status waiting { reason explanation } attempts { failure { code message } } } }
  }`);
  expect(seen.jobs.nodes.length).toBeGreaterThan(20);
  expect(JSON.stringify(seen)).not.toMatch(CANARY);
  for (const path of ['healthz', 'readyz']) {
    expect(await (await fetch(`${app.url}/${path}`)).text()).not.toMatch(CANARY);
  }
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter((line) => CANARY.test(line))).toEqual([]);
  await app.stop({ graceMs: 0 });
  await ollama.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** What cannot even be read. */
async function refusedRequests(graphqlUrl: string): Promise<void> {
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(graphqlUrl, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  for (const body of [
    '{"query": "canary',
    'canary',
    JSON.stringify({ query: '{ canary }' }),
    JSON.stringify({ query: '{ jobs(first: "canary") { nodes { id } } }' }),
    JSON.stringify({ query: 'query ($a: ID!) { job(id: $a) { id } }', variables: { a: { canary: 1 } } }),
    JSON.stringify({ query: '{ job(id: "job_canary") { id } }' }),
  ]) {
    await (await post(body, { authorization: 'Bearer canary', 'x-request-id': 'canary' })).text();
  }
  const socket = await new RawSocket(Number(new URL(graphqlUrl).port)).acknowledged();
  socket.subscribe('canary', 'subscription { canary }');
  await socket.take();
  await socket.close();
}
