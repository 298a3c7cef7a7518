/** Submits many jobs, waits for them, and says what became of them. */
import type { ApiClient } from '../client/api-client.ts';
import type { SubmitJobInput } from '../client/generated/graphql.ts';
import { append } from '../domain/long-lists.ts';
import {
  batchJobs,
  LARGEST_BATCH,
  SubmissionRefusedError,
  type SubmittedJob,
  showJob,
  submitBatch,
  submitJob,
  wholeJob,
} from './api-calls.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { onInterrupt } from './interrupts.ts';
import { cutNote, resultBlock } from './job-report.ts';
import { JobWatch, type Tally } from './job-watch.ts';
import { createProgress, type Progress } from './progress.ts';
import { modelSummary } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { tellWhyItWaits } from './wait-reasons.ts';

export interface ManyJobs {
  readonly jobs: readonly SubmitJobInput[];
  /** Where each job was written, for messages about it. */
  readonly places: readonly string[] | null;
  readonly name: string | null;
  /** Waits between two submissions; null submits all at once. */
  readonly pause: (() => Promise<void>) | null;
  readonly wait: boolean;
  readonly json: boolean;
  /** `texts`: every result in the order of submission; `table`: how the models did. */
  readonly results: 'texts' | 'table';
}

export async function runMany(api: ApiClient, work: ManyJobs, terminal: Terminal): Promise<ExitCode> {
  if (!work.wait) return submitOnly(api, work, terminal);
  const progress = createProgress(terminal);
  const submitted: SubmittedJob[] = [];
  const batchIds: string[] = [];
  const stopListening = onInterrupt(() => leave(progress, submitted, batchIds, terminal));
  try {
    const tally = await submitAndWatch(api, work, progress, submitted, batchIds);
    progress.stop();
    await report(api, work, submitted, terminal);
    if (!work.json) terminal.outLine(tallyText(tally));
    return tally.complete === tally.total ? EXIT.done : EXIT.failed;
  } catch (error) {
    progress.stop();
    if (submitted.length > 0 && submitted.length < work.jobs.length)
      terminal.note(`${submitted.length} of ${work.jobs.length} jobs were submitted before this, and go on:`);
    throw error;
  } finally {
    progress.stop();
    stopListening();
  }
}

/** `50 complete, 0 failed, 0 cancelled` */
export function tallyText(tally: Tally): string {
  return `${tally.complete} complete, ${tally.failed} failed, ${tally.cancelled} cancelled`;
}

async function submitOnly(api: ApiClient, work: ManyJobs, terminal: Terminal): Promise<ExitCode> {
  const print = (id: string) => terminal.outLine(work.json ? JSON.stringify({ id }) : id);
  for await (const { batchId, jobs } of submissions(api, work)) {
    if (batchId) terminal.note(`batch ${batchId}`);
    for (const job of jobs) print(job.id);
  }
  return EXIT.done;
}

async function submitAndWatch(
  api: ApiClient,
  work: ManyJobs,
  progress: Progress,
  submitted: SubmittedJob[],
  batchIds: string[],
): Promise<Tally> {
  let watch: JobWatch | undefined;
  let watching: Promise<void> | undefined;
  const waiting = new AbortController();
  const oneBatch = work.pause === null && work.jobs.length <= LARGEST_BATCH;
  for await (const { batchId, jobs } of submissions(api, work)) {
    append(submitted, jobs);
    if (batchId) batchIds.push(batchId);
    const [first] = jobs;
    // Why nothing begins; once one has begun, the figures tell enough.
    if (!watch && first) void tellWhyItWaits(api, first.id, (text) => progress.say(text), waiting.signal);
    const filter = oneBatch && batchId ? { batchId } : undefined;
    watch ??= new JobWatch(api, {
      filter,
      // The bar knows the whole length from the start.
      onChange: (tally) => {
        if (tally.waiting < tally.total) waiting.abort();
        progress.update({
          ...tally,
          total: work.jobs.length,
          waiting: tally.waiting + work.jobs.length - tally.total,
        });
      },
    });
    watch.add(jobs.map((job) => job.id));
    watching ??= watch.untilDone();
    // Failing while jobs are still being submitted is reported once they are.
    watching.catch(() => {});
  }
  if (!watch) throw new CommandError('There is nothing to submit.');
  watch.seal();
  try {
    await watching;
  } finally {
    waiting.abort();
  }
  return watch.tally();
}

interface Submission {
  readonly batchId: string | null;
  readonly jobs: readonly SubmittedJob[];
}

async function* submissions(api: ApiClient, work: ManyJobs): AsyncGenerator<Submission, void, void> {
  if (work.pause) {
    for (const [index, input] of work.jobs.entries()) {
      if (index > 0) await work.pause();
      const job = await placed(submitJob(api, input), work, index);
      yield { batchId: null, jobs: [job] };
    }
    return;
  }
  for (let from = 0; from < work.jobs.length; from += LARGEST_BATCH) {
    const batch = submitBatch(api, work.jobs.slice(from, from + LARGEST_BATCH), work.name);
    const batchId = await placed(batch, work, from);
    yield { batchId, jobs: await batchJobs(api, batchId) };
  }
}

/** A refusal names the line that a job came from instead of its place in the request, which nobody has seen. */
async function placed<T>(answer: Promise<T>, work: ManyJobs, from: number): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof SubmissionRefusedError) || !work.places) throw error;
    const { places } = work;
    const lines = error.issues.map(({ path, message }) => {
      const inBatch = path[0] === 'jobs';
      const index = from + (inBatch ? Number(path[1]) : 0);
      return `${places[index] ?? 'batch'}: ${path.slice(inBatch ? 2 : 0).join('.') || 'job'}: ${message}`;
    });
    throw new CommandError(lines.length > 0 ? lines.join('\n') : error.message, { cause: error });
  }
}

async function report(
  api: ApiClient,
  work: ManyJobs,
  submitted: readonly SubmittedJob[],
  terminal: Terminal,
): Promise<void> {
  if (work.results === 'table' && !work.json) {
    terminal.outLine(
      await modelSummary(
        api,
        submitted.map((job) => job.id),
      ),
    );
    return;
  }
  for (const [index, { id }] of submitted.entries()) {
    const job = await showJob(api, id);
    const place = `${index + 1}/${submitted.length}`;
    if (work.json) terminal.outLine(JSON.stringify(await wholeJob(api, job)));
    else terminal.outLine(resultBlock(job, place, terminal));
    const cut = cutNote(job);
    if (cut) terminal.note(`${place} ${id}: ${cut}`);
  }
}

function leave(
  progress: Progress,
  submitted: readonly SubmittedJob[],
  batchIds: readonly string[],
  terminal: Terminal,
): never {
  progress.stop();
  const ids = batchIds.length > 0 ? batchIds : submitted.map((job) => job.id);
  const shown = ids.length > 5 ? `${ids.slice(0, 5).join(' ')} ...` : ids.join(' ');
  terminal.note(
    submitted.length === 0
      ? '\nStopped before the server had taken the jobs; "vramkeeper jobs" shows whether it has.'
      : `\nThe ${submitted.length} jobs submitted so far go on without you. See them with "vramkeeper jobs", end them with "vramkeeper cancel ${shown}".`,
  );
  process.exit(EXIT.interrupted);
}
