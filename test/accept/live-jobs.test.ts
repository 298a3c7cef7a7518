/** Callers who wait for their job on an open connection: an executor, a store and a virtual Ollama, without the scheduler. */

import { describe, expect, it } from 'vitest';
import { createAcceptService } from '../../src/accept/accept.ts';
import { type LiveCaller, LiveJobs } from '../../src/accept/live-jobs.ts';
import type { JobSubmission } from '../../src/accept/submission.ts';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { ServerStoppingError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Principal } from '../../src/domain/principal.ts';
import { QueueFullError } from '../../src/domain/queue-full.ts';
import type { JobRequest } from '../../src/domain/request.ts';
import { MEMBER } from '../../src/domain/scopes.ts';
import { createLoggerOn } from '../../src/telemetry/logger.ts';
import { ExecutorRig, MODEL } from '../executor/support/rig.ts';
import { namesOfOllama } from '../support/model-names.ts';

const ALICE: Principal = { client: 'alice', scopes: MEMBER, maxPriority: 'HIGH' };
const ENDLESS = 100_000;

const saying = (maxTokens: number, more: Partial<JobSubmission> = {}): JobSubmission => ({
  model: MODEL,
  request: { kind: 'GENERATE', prompt: 'Tell me.', options: { maxTokens } } as JobRequest,
  ...more,
});

class LiveRig implements AsyncDisposable {
  readonly jobs: LiveJobs;
  readonly rig: ExecutorRig;

  constructor(rig: ExecutorRig, queueLimit = 100) {
    this.rig = rig;
    const { store, outputs, ends } = rig;
    const accept = createAcceptService({
      bytesOfRequest: 20 * 1024 ** 2,
      log: () => {},
      store,
      models: { known: false, find: () => null, names: namesOfOllama(), unheard: () => [] },
      queueLimit,
      queueFor: (asked) => asked,
      tooLarge: () => null,
      retryAfterMs: () => 1_000,
      clock: systemClock,
      random: systemRandom,
    });
    const parts = {
      accept,
      store,
      outputs,
      ends,
      clock: systemClock,
      logger: createLoggerOn({ write: () => {} }, 'silent', systemClock),
    };
    this.jobs = new LiveJobs({ ...parts, onClientGone: 'cancel' });
  }

  static async start(queueLimit?: number): Promise<LiveRig> {
    return new LiveRig(await ExecutorRig.start(), queueLimit);
  }

  /** A caller who passes on what it hears. */
  open(submission: JobSubmission, more: Partial<LiveCaller> = {}) {
    const client = new AbortController();
    const heard: JsonObject[] = [];
    const spoke = Promise.withResolvers<void>();
    const listener = {
      record: (raw: JsonObject) => {
        heard.push(raw);
        spoke.resolve();
        return true;
      },
    };
    const live = this.jobs.open(ALICE, submission, { listener, gone: client.signal, ...more });
    return { live, heard, spoke: spoke.promise, leave: () => client.abort(GONE) };
  }

  /** Nothing of live jobs is left over. */
  expectNothingLeft(): void {
    const { outputs, ends } = this.rig;
    expect([this.jobs.size, outputs.heardJobs, ends.size]).toEqual([0, 0, 0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }
}

const GONE = new Error('The connection was closed.');

describe('a live job', () => {
  it('is heard record by record, and told its end', async () => {
    await using t = await LiveRig.start();
    await t.rig.ready();
    const { live, heard } = t.open(saying(5));
    const { job, deduplicated } = await live.accepted;
    expect({ id: job.id, deduplicated }).toEqual({ id: live.id, deduplicated: false });
    expect(await live.queued()).toMatchObject({ position: 0, waitedMs: expect.any(Number) });
    t.rig.claim();
    const end = await live.ended;
    expect(end).toMatchObject({ job: { id: live.id, status: 'COMPLETE' }, result: { kind: 'text' } });
    expect(heard.map((raw) => raw.response).join('')).toBe(end.texts.TEXT);
    expect(heard.at(-1)).toBe(end.result?.raw);
    expect(heard.filter(({ done }) => done)).toHaveLength(1);
    const { position, waitedMs } = await live.queued();
    expect([position, waitedMs <= (end.job.finishedAt ?? 0) - job.createdAt]).toEqual([null, true]);
    t.expectNothingLeft();
  });

  it('is heard by nobody where its caller wants the end alone, and is tried again then', async () => {
    await using t = await LiveRig.start();
    await t.rig.ready();
    const { live } = t.open(saying(ENDLESS), { listener: undefined as never });
    await live.accepted;
    t.rig.claim();
    await t.rig.until(() => t.rig.requestsUnderWay === 1);
    t.rig.killEngine();
    await t.rig.until(() => t.rig.store.counts().PENDING === 1);
    expect(t.jobs.size).toBe(1);
  });

  it('that is refused tells both who waits for its acceptance and who waits for its end', async () => {
    await using t = await LiveRig.start(1);
    await t.open(saying(1)).live.accepted;
    const { live } = t.open(saying(1));
    await expect(live.accepted).rejects.toBeInstanceOf(QueueFullError);
    await expect(live.ended).rejects.toBeInstanceOf(QueueFullError);
    expect([t.jobs.size, t.rig.outputs.heardJobs, t.rig.ends.size]).toEqual([1, 1, 1]);
  });

  it('submitted twice under one key is one job, which goes on when the second caller leaves', async () => {
    await using t = await LiveRig.start();
    await t.rig.ready();
    const key = { idempotencyKey: 'once' };
    const first = t.open(saying(3, key));
    const { job } = await first.live.accepted;
    const [second, third] = [t.open(saying(3, key)), t.open(saying(3, key))];
    expect(await second.live.accepted).toMatchObject({ job: { id: job.id }, deduplicated: true });
    await third.live.accepted;
    second.leave();
    await expect(second.live.ended).rejects.toBe(GONE);
    t.rig.claim();
    expect((await first.live.ended).job.status).toBe('COMPLETE');
    expect((await third.live.ended).texts).toEqual((await first.live.ended).texts);
    expect([first.heard.length > 0, third.heard]).toEqual([true, []]);
    t.expectNothingLeft();
  });
});

const MOMENTS: Readonly<Record<string, (t: LiveRig, open: ReturnType<LiveRig['open']>) => Promise<void>>> = {
  'before its submission is answered': async () => {},
  'while it waits': async (_t, { live }) => void (await live.accepted),
  'while its model loads': async (t, { live }) => {
    await live.accepted;
    await t.rig.load();
    t.rig.claim(1, 'QUEUED');
    await t.rig.until(() => t.rig.store.counts().PENDING === 0);
  },
  'while it runs': async (t, { live, spoke }) => {
    await t.rig.load();
    await t.rig.loaded();
    await live.accepted;
    t.rig.claim();
    await spoke;
  },
};

describe('when its caller leaves', () => {
  for (const [when, moment] of Object.entries(MOMENTS)) {
    it(`${when}, the job is cancelled, and its request with it`, async () => {
      await using t = await LiveRig.start();
      const open = t.open(saying(ENDLESS));
      await moment(t, open);
      const heard = open.heard.length;
      open.leave();
      await expect(open.live.ended).rejects.toBe(GONE);
      await t.rig.until(() => t.rig.store.counts().CANCELLED === 1);
      await t.rig.until(() => t.rig.requestsUnderWay === 0);
      expect(open.heard).toHaveLength(heard);
      t.expectNothingLeft();
    });

    it(`${when}, the job goes on where it is to be finished`, async () => {
      await using t = await LiveRig.start();
      const open = t.open(saying(12), { onClientGone: 'finish' });
      await moment(t, open);
      open.leave();
      await expect(open.live.ended).rejects.toBe(GONE);
      t.expectNothingLeft();
      if (when === 'before its submission is answered' || when === 'while it waits') {
        await t.rig.ready();
        await t.rig.until(() => t.rig.store.counts().PENDING === 1);
        t.rig.claim();
      }
      await t.rig.until(() => t.rig.store.counts().COMPLETE === 1);
    });
  }

  it('was gone before, nothing is submitted', async () => {
    await using t = await LiveRig.start();
    const { live } = t.open(saying(1), { gone: AbortSignal.abort(GONE) });
    await expect(live.accepted).rejects.toBe(GONE);
    expect(Object.values(t.rig.store.counts()).some((count) => count > 0)).toBe(false);
    t.expectNothingLeft();
  });

  it('the end of the job counts where that came first', async () => {
    await using t = await LiveRig.start();
    await t.rig.ready();
    const { live, leave } = t.open(saying(2));
    await live.accepted;
    t.rig.claim();
    const end = await live.ended;
    leave();
    expect((await t.rig.store.job(end.job.id))?.status).toBe('COMPLETE');
    t.expectNothingLeft();
  });
});

it('a listener that throws ends its own job, and tells its caller why', async () => {
  await using t = await LiveRig.start();
  await t.rig.ready();
  const mistake = new Error('a mistake');
  const throwing = {
    record: () => {
      throw mistake;
    },
  };
  const { live } = t.open(saying(ENDLESS), { listener: throwing });
  const other = t.open(saying(5));
  await Promise.all([live.accepted, other.live.accepted]);
  t.rig.claim(2);
  await expect(live.ended).rejects.toBe(mistake);
  await t.rig.until(() => t.rig.store.counts().CANCELLED === 1);
  expect((await other.live.ended).job.status).toBe('COMPLETE');
});

it('is marked on disk where it is to end with its caller, until its end', async () => {
  await using t = await LiveRig.start();
  await t.rig.ready();
  const open = [t.open(saying(1)), t.open(saying(1), { onClientGone: 'finish' })];
  const accepted = await Promise.all(open.map(({ live }) => live.accepted));
  expect(accepted.map(({ job }) => job.live)).toEqual([true, false]);
  expect((await t.rig.store.jobs(accepted.map(({ job }) => job.id))).map((job) => job?.live)).toEqual([
    true,
    false,
  ]);
  t.rig.claim(2);
  const ends = await Promise.all(open.map(({ live }) => live.ended));
  expect(ends.map(({ job }) => job.live)).toEqual([false, false]);
});

describe('when the server stops', () => {
  it('whoever waits for a job that does not run is told at once, the others when theirs had its time', async () => {
    await using t = await LiveRig.start();
    await t.rig.ready();
    const key = { idempotencyKey: 'once' };
    const running = t.open(saying(ENDLESS, key));
    await running.live.accepted;
    t.rig.claim();
    await running.spoke;
    const duplicate = t.open(saying(ENDLESS, key));
    const waiting = t.open(saying(1));
    await Promise.all([duplicate.live.accepted, waiting.live.accepted]);
    const unanswered = t.open(saying(1));
    const grace = Promise.withResolvers<void>();
    const stopped = t.jobs.stop(grace.promise);
    for (const { live } of [waiting, unanswered])
      await expect(live.ended).rejects.toBeInstanceOf(ServerStoppingError);
    expect(t.jobs.size).toBe(2);
    grace.resolve();
    await stopped;
    for (const { live } of [running, duplicate])
      await expect(live.ended).rejects.toBeInstanceOf(ServerStoppingError);
    expect(t.rig.store.counts()).toMatchObject({ CANCELLED: 3, PENDING: 0, RUNNING: 0 });
    t.expectNothingLeft();
  });

  it('whoever waits is told so, and the job does not outlive its caller', async () => {
    await using t = await LiveRig.start();
    const waiting = t.open(saying(1));
    const kept = t.open(saying(1), { onClientGone: 'finish' });
    await Promise.all([waiting.live.accepted, kept.live.accepted]);
    const unanswered = t.open(saying(1));
    await t.jobs.stop(Promise.resolve());
    for (const { live } of [waiting, kept, unanswered])
      await expect(live.ended).rejects.toBeInstanceOf(ServerStoppingError);
    expect(t.rig.store.counts()).toMatchObject({ CANCELLED: 2, PENDING: 1 });
    await expect(t.open(saying(1)).live.accepted).rejects.toBeInstanceOf(ServerStoppingError);
    t.expectNothingLeft();
  });

  it('a job that has spoken fails as interrupted, and its caller hears that', async () => {
    await using t = await LiveRig.start();
    await t.rig.ready();
    const { live, spoke } = t.open(saying(ENDLESS));
    await live.accepted;
    t.rig.claim();
    await spoke;
    await t.jobs.stop(t.rig.executor.stop(0));
    expect((await live.ended).job).toMatchObject({ status: 'FAILED', failure: { code: 'INTERRUPTED' } });
  });
});
