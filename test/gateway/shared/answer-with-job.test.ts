/** What a caller is told while its job waits, and what becomes of the job by what was told. */

import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { LiveCaller, LiveJob } from '../../../src/accept/live-jobs.ts';
import type { JobSubmission } from '../../../src/accept/submission.ts';
import { nextTurn, VirtualClock } from '../../../src/clock.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { EVERY_SCOPE } from '../../../src/domain/scopes.ts';
import type { JobEnd } from '../../../src/events/job-end.ts';
import { answerLoad } from '../../../src/gateway/ollama/load.ts';
import { type AnswerForm, answerWithJob } from '../../../src/gateway/shared/answer-with-job.ts';
import type { GatewayDependencies } from '../../../src/gateway/shared/dependencies.ts';
import type { GatewayExchange } from '../../../src/gateway/shared/gateway-route.ts';

const RECORD = { response: 'a', done: false };
const LAST = { response: '', done: true };
const COMPLETE = {
  job: { id: 'job_1', status: 'COMPLETE' },
  result: { kind: 'text', raw: LAST },
  texts: { TEXT: 'a', THINKING: '' },
  answer: null,
} as unknown as JobEnd;

function world({
  streams = true,
  headers = {} as IncomingHttpHeaders,
  receivedAt = (): number | null => null,
} = {}) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const sent: Record<string, string> = {};
  const response = {
    headersSent: false,
    setHeader: (name: string, value: string) => {
      sent[name] = value;
    },
    removeHeader: (name: string) => {
      delete sent[name];
    },
  };
  const gone = new AbortController();
  const exchange = {
    request: { headers },
    response,
    signal: gone.signal,
    revoked: new AbortController().signal,
    principal: { client: 'me', scopes: EVERY_SCOPE, maxPriority: 'HIGH' },
    receivedAt,
    release: () => told.push('released'),
  } as unknown as GatewayExchange;
  const accepted = Promise.withResolvers<never>();
  const ended = Promise.withResolvers<JobEnd>();
  const loaded = Promise.withResolvers<never>();
  const added: string[] = [];
  const opened: { submission: JobSubmission; caller: LiveCaller }[] = [];
  const deps = {
    clock,
    logger: { error: (message: string) => told.push(`log: ${message}`) },
    latency: {
      accepted: (ms: number) => void added.push(`accepted ${ms}`),
      answered: (ms: number) => void added.push(`answered ${ms}`),
    },
    trustsClientHeaders: false,
    memory: { loadModel: () => loaded.promise },
    liveJobs: {
      open(_principal: unknown, submission: JobSubmission, caller: LiveCaller): LiveJob {
        opened.push({ submission, caller });
        return {
          id: 'job_1',
          accepted: accepted.promise,
          ended: ended.promise,
          queued: async () => ({ position: 3, waitedMs: 0 }),
        } as unknown as LiveJob;
      },
    },
  } as unknown as GatewayDependencies;
  const form: AnswerForm = {
    begin: () => void told.push('begin'),
    record: ({ response: text }: JsonObject) => {
      told.push(`record ${text}`);
      return streams;
    },
    waiting: () => void told.push('waiting'),
    complete: (_end, last) => void told.push(`complete ${JSON.stringify(last)}`),
    fail: ({ status, code }) => void told.push(`fail ${status} ${code}`),
  };
  const accept = async (dropped: readonly string[] = []) => {
    accepted.resolve({ job: { id: 'job_1' }, wishes: { dropped } } as never);
    await nextTurn();
  };
  const submission = { model: 'm', request: { kind: 'GENERATE', prompt: 'x' } } as const;
  const answering = () => answerWithJob(exchange, submission, form, deps);
  const listener = () => {
    const heard = opened[0]?.caller.listener;
    if (!heard) throw new Error('Nobody listens.');
    return heard;
  };
  return {
    clock,
    added,
    told,
    sent,
    deps,
    exchange,
    form,
    accept,
    ended,
    loaded,
    opened,
    answering,
    listener,
    gone,
  };
}

describe('what is added to the time of a request', () => {
  it('is from its body to its job on disk, and from the last record to the end: no waiting, no running', async () => {
    let receivedAt: number | null = null;
    const t = world({ receivedAt: () => receivedAt });
    t.clock.advance(100);
    receivedAt = t.clock.monotonic();
    t.clock.advance(3);
    const answered = t.answering();
    await t.accept();
    t.clock.advance(10_000);
    t.listener().attempt?.(1);
    t.listener().record(RECORD, 1);
    t.clock.advance(2_000);
    t.listener().record(LAST, 1);
    t.clock.advance(5);
    t.ended.resolve(COMPLETE);
    await answered;
    expect(t.added).toEqual(['accepted 3', 'answered 5']);
  });

  it('is not told where nobody knows it: of a body that was passed on as it came, and of a run that began anew', async () => {
    const t = world();
    const answered = t.answering();
    await t.accept();
    t.listener().attempt?.(1);
    t.listener().record(LAST, 1);
    t.listener().attempt?.(2);
    t.ended.resolve(COMPLETE);
    await answered;
    expect(t.added).toEqual([]);
  });
});

describe('a caller whose job waits', () => {
  it('hears nothing for 45 s, and then a sign each 45 s, counted from what was said last', async () => {
    const t = world();
    const answered = t.answering();
    await t.accept();
    t.clock.advance(44_999);
    expect(t.told).toEqual(['released']);
    t.clock.advance(1);
    t.clock.advance(45_000);
    expect(t.told.splice(0)).toEqual(['released', 'waiting', 'waiting']);
    t.clock.advance(40_000);
    t.listener().attempt?.(1);
    expect(t.listener().record(RECORD, 1)).toBe(true);
    t.clock.advance(44_999);
    expect(t.told.splice(0)).toEqual(['begin', 'record a']);
    t.clock.advance(1);
    expect(t.told.splice(0)).toEqual(['waiting']);
    t.ended.resolve(COMPLETE);
    await answered;
    t.clock.advance(100_000);
    expect(t.told).toEqual(['complete null']);
  });

  it('is told its job, its place, its wait and what was not granted', async () => {
    const t = world();
    const answered = t.answering();
    await t.accept(['keep_alive', 'num_gpu']);
    t.clock.advance(1_234);
    await nextTurn();
    t.listener().attempt?.(1);
    expect(t.sent).toEqual({
      'x-job-id': 'job_1',
      'x-queue-position': '3',
      'x-queue-wait-ms': '1234',
      'x-options-dropped': 'keep_alive, num_gpu',
    });
    t.ended.resolve(COMPLETE);
    await answered;
  });

  it('is told no place where its job starts at once, and nobody counts it', async () => {
    const t = world();
    const answered = t.answering();
    await t.accept();
    t.listener().attempt?.(1);
    t.clock.advance(1_000);
    await nextTurn();
    expect(t.sent).toEqual({ 'x-job-id': 'job_1', 'x-queue-wait-ms': '0' });
    t.ended.resolve(COMPLETE);
    await answered;
  });

  it.each([
    [
      { 'x-priority': 'low', 'idempotency-key': 'k' },
      { priority: 'LOW', idempotencyKey: 'k' },
    ],
    [{ 'x-deadline': '30', 'x-stainless-timeout': '600' }, { patienceMs: 30_000 }],
    [{ 'x-stainless-timeout': '600' }, { patienceMs: 600_000 }],
    [{ 'x-stainless-timeout': 'long' }, {}],
    [{ 'x-deadline': '2030-01-31T12:00:00Z' }, { deadline: new Date('2030-01-31T12:00:00Z') }],
    [{ 'x-stainless-retry-count': '0' }, {}],
    [{ 'x-stainless-retry-count': '1' }, { comesBack: true }],
  ])('has what %j says with its job', (headers, said) => {
    const t = world({ headers });
    void t.answering();
    const { model: _, request: __, ...rest } = t.opened[0]?.submission ?? {};
    expect(rest).toEqual(said);
  });
});

describe('the last record', () => {
  it.each([LAST, { _debug_info: {}, done: false }])(
    '%j goes out with the end of the job alone',
    async (last) => {
      const t = world();
      const answered = t.answering();
      await t.accept();
      expect(t.listener().record(last, 1)).toBe(false);
      expect(t.told).toEqual(['released']);
      t.ended.resolve(COMPLETE);
      await answered;
      expect(t.told).toEqual(['released', `complete ${JSON.stringify(last)}`]);
    },
  );

  it('of a run that was broken off is forgotten', async () => {
    const t = world({ streams: false });
    const answered = t.answering();
    await t.accept();
    t.listener().record(LAST, 1);
    t.listener().attempt?.(2);
    expect(t.listener().record(RECORD, 2)).toBe(false);
    t.ended.resolve(COMPLETE);
    await answered;
    expect(t.told.at(-1)).toBe('complete null');
  });
});

describe('a model that is only to be loaded', () => {
  const task = { kind: 'load', model: 'm', keepAliveMs: undefined } as const;

  it('is waited for with the same signs', async () => {
    const t = world();
    const answered = answerLoad(t.deps, t.exchange, task, t.form, (reason) => void t.told.push(reason));
    t.clock.advance(100_000);
    expect(t.told).toEqual(['waiting', 'waiting']);
    t.loaded.resolve({} as never);
    await answered;
    t.clock.advance(100_000);
    expect(t.told).toEqual(['waiting', 'waiting', 'load']);
  });

  it('and cannot be is told so in the form of the answer', async () => {
    const t = world();
    const answered = answerLoad(t.deps, t.exchange, task, t.form, () => {});
    t.loaded.reject(new Error('a mistake of ours'));
    await answered;
    expect(t.told).toEqual(['log: Answering a request failed: a mistake of ours', 'fail 500 INTERNAL_ERROR']);
  });

  it('for one who has left is told to nobody', async () => {
    const t = world();
    const answered = answerLoad(t.deps, t.exchange, task, t.form, () => {});
    t.gone.abort();
    t.loaded.reject(new Error('too late'));
    await answered;
    expect(t.told).toEqual([]);
  });
});
