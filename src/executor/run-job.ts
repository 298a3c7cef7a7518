/** One attempt of one job on an instance, from its first byte to what is recorded of it. */
import type { OutputSink, RunRequest } from '../domain/backend.ts';
import { BackendError, messageOf } from '../domain/errors.ts';
import { attemptNumber, type Job, type JobAttempt, type JobFailure, type JobResult } from '../domain/job.ts';
import { jsonProblem } from '../domain/json.ts';
import { blobsOf } from '../domain/request.ts';
import type { ClaimedJob, Store } from '../domain/store.ts';
import type { ExecutorDependencies } from './dependencies.ts';
import { OutputRecorder } from './output-recorder.ts';
import { afterFailure } from './retry-policy.ts';
import { type Run, RunEnded, type Seat } from './seat.ts';

export interface RunHooks {
  insist<T>(operation: () => Promise<T>): Promise<T>;
  /** The slot is free: told as soon as the backend is done, so that the next job need not wait for the disk. */
  left(ranMs: number, error: unknown): void;
}

export async function runJob(
  seat: Seat,
  run: Run,
  deps: ExecutorDependencies,
  hooks: RunHooks,
): Promise<void> {
  const { store, clock } = deps;
  const { job } = run.claimed;
  const { signal } = run.controller;
  const startedAt = clock.monotonic();
  const recorder = new OutputRecorder(attemptNumber(job));
  const outcome = await attempt(seat, run, recorder, deps).then(
    (result) => ({ result }),
    // Whatever an ended run fails with, it failed because it was ended.
    (error: unknown) => ({ error: signal.aborted ? signal.reason : error }),
  );
  const ranMs = clock.monotonic() - startedAt;
  if ('result' in outcome) {
    hooks.left(ranMs, null);
    const finish = {
      id: job.id,
      fence: job.fence,
      kind: 'complete',
      result: outcome.result,
      output: recorder.parts(),
    } as const;
    await hooks.insist(() => store.finish(finish));
  } else {
    hooks.left(ranMs, outcome.error);
    await settle(seat, job, outcome.error, recorder, deps, hooks);
  }
}

async function attempt(
  seat: Seat,
  run: Run,
  recorder: OutputRecorder,
  deps: ExecutorDependencies,
): Promise<JobResult> {
  const { store, outputs, clock } = deps;
  const { job, request } = run.claimed;
  const { signal } = run.controller;
  const deadline =
    job.deadline === null
      ? null
      : clock.after(job.deadline - clock.now(), () => run.controller.abort(new RunEnded('deadline')));
  outputs.open(job.id, attemptNumber(job));
  try {
    const blobs = await readBlobs(store, run.claimed);
    signal.throwIfAborted();
    if (!seat.handle)
      throw new BackendError('BACKEND_ERROR', 'retry', 'The instance went before the job could start.');
    const sink: OutputSink = (channel, text) => {
      // What an ended run still says must not get into the text of the job's next one.
      if (signal.aborted) return;
      recorder.add(channel, text);
      outputs.append(job.id, channel, text);
    };
    return storable(await seat.handle.run({ modelName: job.modelName, request, blobs }, sink, signal));
  } finally {
    deadline?.cancel();
  }
}

/** A backend may answer any JSON, and what cannot be stored is no result. */
function storable(result: JobResult): JobResult {
  const toolCalls = result.kind === 'text' ? result.toolCalls : null;
  const problem = jsonProblem({ raw: result.raw, toolCalls });
  if (!problem) return result;
  throw new BackendError(
    'BACKEND_ERROR',
    'retry',
    `The answer of the backend cannot be kept: ${problem.path.join('.')} ${problem.message}`,
  );
}

async function settle(
  seat: Seat,
  job: Job,
  error: unknown,
  recorder: OutputRecorder,
  deps: ExecutorDependencies,
  hooks: RunHooks,
): Promise<void> {
  const { store, clock, random, logger } = deps;
  const ended = (failure: JobFailure): JobAttempt => ({
    number: attemptNumber(job),
    backend: seat.backend.name,
    startedAt: job.startedAt ?? clock.now(),
    finishedAt: clock.now(),
    failure,
  });
  const fail = (failure: JobFailure) =>
    hooks.insist(() =>
      store.finish({
        id: job.id,
        fence: job.fence,
        kind: 'fail',
        failure,
        attempt: ended(failure),
        output: recorder.parts(),
      }),
    );
  if (error instanceof RunEnded) {
    switch (error.why) {
      case 'not-held':
        return; // The store knows better already what has become of it.
      case 'shutdown':
        await store.release([{ id: job.id, fence: job.fence, attempt: null, counts: false, delayMs: 0 }]);
        return;
      case 'deadline':
        await fail({
          code: 'DEADLINE_EXCEEDED',
          message: 'It was not finished by its deadline.',
          retryable: true,
        });
        return;
    }
  }
  const verdict = afterFailure(job, error, random);
  logger.warn(`${job.id} failed on ${seat.spec.variant.modelName}: ${messageOf(error)}`, {
    code: verdict.failure.code,
    verdict: verdict.kind,
  });
  if (verdict.kind === 'fail') await fail(verdict.failure);
  else {
    const { counts, delayMs, failure } = verdict;
    await hooks.insist(() =>
      store.release([{ id: job.id, fence: job.fence, attempt: ended(failure), counts, delayMs }]),
    );
  }
}

async function readBlobs(store: Store, claimed: ClaimedJob): Promise<RunRequest['blobs']> {
  const blobs = new Map<ReturnType<typeof blobsOf>[number], Uint8Array>();
  for (const hash of blobsOf(claimed.request)) {
    const bytes = await store.blob(hash);
    if (!bytes)
      throw new BackendError('REQUEST_REJECTED', 'none', `The image ${hash} is no longer in the store.`);
    blobs.set(hash, bytes);
  }
  return blobs;
}
