/** Nobody says a context: it is chosen so that the prompt and its answer fit, and a job whose prompt proves too long goes on with a larger one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { AppClient, attached, startApp, TestApp, testConfig } from './test-app.ts';

/** Trained for 32,768 tokens; the tests' server gives 4,096 where nobody asks. */
const MODEL = 'qwen2.5:0.5b';
/** Trained for 131,072, of which 24 GiB hold 16,384. */
const LARGE = 'phi3:mini';
/** The virtual Ollama makes a token of four characters. */
const text = (tokens: number) => 'word'.repeat(tokens);
const generate = (tokens: number, more: object = {}, model = MODEL) => ({
  model,
  request: { generate: { prompt: text(tokens), options: { maxTokens: 4 }, ...more } },
});

const JOB = `query ($id: ID!) { job(id: $id) { status attempts { failure { code message } }
  result { ... on TextResult { truncated contextLength usage { promptTokens } } } } }`;
const REFUSED = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) {
  ... on ContextLengthExceededError { code message promptTokens contextLength } } }`;

const jobOf = async (t: AppClient, id: string) => (await t.query(JOB, { id })).job;

async function outcomeOf(t: AppClient, input: object) {
  const { job } = await t.submit(input);
  await t.ended(job.id);
  return jobOf(t, job.id);
}

const isKnown = (models: readonly { name: string; contextLength: number | null }[], model: string) =>
  models.some(({ name, contextLength }) => name === model && contextLength !== null);

/** A server that has been told its models and its cards. */
async function started(options: Parameters<typeof TestApp.start>[0] = {}): Promise<TestApp> {
  const t = await TestApp.start(options);
  await eventually(
    () => t.query('{ models(first: 100) { nodes { name contextLength } } backends { gpus { id } } }'),
    ({ models, backends }) =>
      backends[0].gpus.length > 0 && [MODEL, LARGE].every((each) => isKnown(models.nodes, each)),
  );
  return t;
}

const loadsOf = (t: TestApp) => t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded').length;

describe.each(['llama-server', 'classic'] as const)('a long prompt (%s)', (regime) => {
  it('gets a context of few sizes that holds it, and later ones use what is there', async () => {
    await using t = await started({ ollama: { regime } });
    for (const tokens of [15_000, 6_000, 14_000, 10]) {
      const { status, attempts, result } = await outcomeOf(t, generate(tokens));
      expect([status, attempts.length, result.truncated]).toEqual(['COMPLETE', 1, false]);
      expect(result.contextLength).toBe(32_768);
      expect(result.usage.promptTokens).toBeGreaterThanOrEqual(tokens);
    }
    expect(loadsOf(t)).toBe(1);
  });
});

describe('a prompt that is too long for what the cards hold', () => {
  it('is refused before it is queued, with what is known, or cut where that was asked for', async () => {
    await using t = await started();
    const tooLong = { ...generate(60_000, {}, LARGE), maxAttempts: 1 };
    const { submitJob } = await t.query(REFUSED, { input: tooLong });
    expect(submitJob).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', contextLength: 16_384 });
    expect(submitJob.promptTokens).toBeGreaterThan(16_384);
    expect(submitJob.message).toMatch(/GPUs can hold phi3:mini with at most 16384.*truncate/);
    const { checkBatch } = await t.query(
      'query ($input: SubmitBatchInput!) { checkBatch(input: $input) { path message } }',
      { input: { jobs: [generate(5, {}, LARGE), generate(60_000, {}, LARGE)] } },
    );
    expect(checkBatch).toEqual([{ path: ['jobs', '1', 'model'], message: submitJob.message }]);
    const { status, result } = await outcomeOf(t, generate(60_000, { truncate: true }, LARGE));
    expect([status, result.truncated, result.contextLength]).toEqual(['COMPLETE', true, 16_384]);
  });
});

describe('many short prompts and a long one', () => {
  it('load the model twice at most: the short ones run in either', async () => {
    await using t = await started();
    const short = Array.from({ length: 20 }, () => generate(20));
    const inputs = [...short, generate(15_000), ...short];
    const jobs = await Promise.all(inputs.map((input) => t.submit(input)));
    for (const { job } of jobs) expect(await t.ended(job.id)).toMatchObject({ status: 'COMPLETE' });
    expect(loadsOf(t)).toBeLessThanOrEqual(2);
  });
});

describe('a job whose prompt proves too long where it runs', () => {
  /** A server that could not choose, because its backend was silent when it was asked. */
  async function acceptedUnseen(dataDir: string, tokens: number) {
    const silent = await runVirtualOllama({});
    const { url } = silent;
    await silent.stop();
    const config = testConfig(dataDir, [attached(url)]);
    const t = new AppClient(await startApp(config));
    const { job } = await t.submit({ ...generate(tokens), maxAttempts: 1 });
    return { t, id: job.id as string, config, port: Number(new URL(url).port) };
  }
  const ollamaAt = (port: number, speed: number) =>
    runVirtualOllama({ port, gpus: [{ totalBytes: 24 * GiB }], numParallel: 2, speed });

  async function inFolder(work: (dataDir: string) => Promise<void>): Promise<void> {
    const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-long-'));
    try {
      await work(dataDir);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }

  const tooLong = {
    failure: {
      code: 'CONTEXT_LENGTH_EXCEEDED',
      message: expect.stringMatching(/goes on with a context of 16384/),
    },
  };

  it('goes on with a larger context, says so, and no attempt is counted', () =>
    inFolder(async (dataDir) => {
      const { t, id, port } = await acceptedUnseen(dataDir, 15_000);
      await using stack = new AsyncDisposableStack();
      stack.defer(() => t.app.stop({ graceMs: 0 }));
      const ollama = await ollamaAt(port, 20);
      stack.defer(() => ollama.stop());
      await t.ended(id);
      expect(await jobOf(t, id)).toMatchObject({
        status: 'COMPLETE',
        attempts: [tooLong, { failure: null }],
        result: { truncated: false, contextLength: 16_384 },
      });
    }));

  it('does so also after a restart in between, without being refused anew', () =>
    inFolder(async (dataDir) => {
      const { t, id, config, port } = await acceptedUnseen(dataDir, 15_000);
      await using stack = new AsyncDisposableStack();
      const ollama = await ollamaAt(port, 3);
      stack.defer(() => ollama.stop());
      await eventually(
        () => jobOf(t, id),
        ({ attempts }) => attempts.some(({ failure }: { failure: unknown }) => failure !== null),
      );
      await t.app.stop({ graceMs: 0 });
      const again = new AppClient(await startApp(config));
      stack.defer(() => again.app.stop({ graceMs: 0 }));
      await again.ended(id);
      const { status, attempts, result } = await jobOf(again, id);
      expect([status, result.truncated, result.contextLength]).toEqual(['COMPLETE', false, 16_384]);
      const refusals = attempts.filter(
        ({ failure }: { failure: { code: string } | null }) => failure?.code === 'CONTEXT_LENGTH_EXCEEDED',
      );
      expect(refusals).toEqual([tooLong]);
    }));

  it('fails when nothing larger would do', () =>
    inFolder(async (dataDir) => {
      const { t, id, port } = await acceptedUnseen(dataDir, 40_000);
      await using stack = new AsyncDisposableStack();
      stack.defer(() => t.app.stop({ graceMs: 0 }));
      const ollama = await ollamaAt(port, 20);
      stack.defer(() => ollama.stop());
      const { status, failure } = await t.ended(id);
      expect([status, failure.code, failure.retryable]).toEqual(['FAILED', 'CONTEXT_LENGTH_EXCEEDED', false]);
    }));
});
