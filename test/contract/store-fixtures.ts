/** Jobs and short forms for tests of a store. */
import { createHash } from 'node:crypto';
import { ollamaNames } from '../../src/backend/ollama/model-names.ts';
import { type Clock, systemRandom, VirtualClock } from '../../src/clock.ts';
import { type InstanceId, type JobId, newId } from '../../src/domain/ids.ts';
import type { Job, JobAttempt, JobPriority, JobResult } from '../../src/domain/job.ts';
import { type QueueKey, queueKey } from '../../src/domain/queue-key.ts';
import type { BlobHash } from '../../src/domain/request.ts';
import type { Claim, ClaimedJob, Fenced, NewJob, Store, Submission } from '../../src/domain/store.ts';

const idClock = new VirtualClock();
export const HOUR_MS = 3_600_000;
export const WEEK_MS = 7 * 24 * HOUR_MS;
export const INSTANCE = 'ins_one' as InstanceId;

export function jobId(): JobId {
  return newId('job', idClock, systemRandom);
}

export function newJob(changes: Partial<NewJob> = {}): NewJob {
  const modelName = changes.modelName ?? 'llama3';
  return {
    id: jobId(),
    client: 'alice',
    kind: 'GENERATE',
    modelName,
    queue: queueOf(modelName),
    priority: 'NORMAL',
    labels: [],
    metadata: null,
    live: false,
    deadline: null,
    maxAttempts: 3,
    request: { kind: 'GENERATE', prompt: 'Say hello.' },
    ...changes,
  };
}

export function queueOf(model: string): QueueKey {
  return queueKey({ model: ollamaNames.canonical(model), contextLength: null });
}

export function submission(jobs: readonly NewJob[], changes: Partial<Submission> = {}): Submission {
  return { jobs, batch: null, blobs: new Map(), idempotency: null, queueLimit: 1_000_000, ...changes };
}

/** Submits jobs and answers them as they were accepted. */
export async function accept(store: Store, ...changes: readonly Partial<NewJob>[]): Promise<readonly Job[]> {
  const outcome = await store.submit(submission(changes.map(newJob)));
  if (outcome.kind !== 'accepted') throw new Error(`The submission was not accepted: ${outcome.kind}.`);
  return outcome.jobs;
}

export async function acceptOne(store: Store, changes: Partial<NewJob> = {}): Promise<Job> {
  const [job] = await accept(store, changes);
  if (!job) throw new Error('No job came back.');
  return job;
}

export function claimOf(
  count: number,
  changes: Partial<Claim> & {
    readonly model?: string;
    readonly priority?: JobPriority;
    readonly client?: string;
  } = {},
): Claim {
  const { model = 'llama3', priority = 'NORMAL', client = 'alice', ...rest } = changes;
  return {
    picks: [{ queue: queueOf(model), priority, client, count }],
    as: 'RUNNING',
    backend: 'box',
    instanceId: INSTANCE,
    ...rest,
  };
}

export async function claimOne(
  store: Store,
  changes: Parameters<typeof claimOf>[1] = {},
): Promise<ClaimedJob> {
  const [claimed] = await store.claim(claimOf(1, changes));
  if (!claimed) throw new Error('There was nothing to claim.');
  return claimed;
}

export const RESULT: JobResult = {
  kind: 'text',
  doneReason: 'STOP',
  toolCalls: null,
  usage: {} as Extract<JobResult, { kind: 'text' }>['usage'],
  raw: { done: true },
};

export function complete(store: Store, { id, fence }: Fenced, text = 'Hello.'): Promise<boolean> {
  return store.finish({
    id,
    fence,
    kind: 'complete',
    result: RESULT,
    output: [{ attempt: 1, channel: 'TEXT', text }],
  });
}

export function blobOf(text: string): readonly [BlobHash, Uint8Array] {
  const bytes = new TextEncoder().encode(text);
  return [`sha256:${createHash('sha256').update(bytes).digest('hex')}` as BlobHash, bytes];
}

/** All jobs, in order of acceptance. */
export async function allJobs(store: Store): Promise<readonly Job[]> {
  const jobs: Job[] = [];
  for (;;) {
    const page = await store.changedSince(jobs.at(-1)?.revision ?? 0, 1_000);
    if (page.length === 0) return jobs.sort((a, b) => a.sequence - b.sequence);
    jobs.push(...page);
  }
}

export function attemptOf(clock: Clock, failure: JobAttempt['failure']): JobAttempt {
  return { number: 1, backend: 'box', startedAt: clock.now(), finishedAt: clock.now(), failure };
}
