/** Submits many jobs, waits for them, and says what became of them. */
import type { ApiClient } from '../../client/api-client.ts';
import type { SubmitJobInput } from '../../client/generated/graphql.ts';
import { append } from '../../domain/long-lists.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { batchJobs, LARGEST_BATCH, type SubmittedJob, submitBatch, submitJob } from '../jobs/api-calls.ts';
import { JobResults, tallyText } from '../jobs/job-results.ts';
import { JobWatch, type Tally } from '../jobs/job-watch.ts';
import { createProgress, type Progress } from '../jobs/progress.ts';
import { tellWhyItWaits } from '../jobs/wait-reasons.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { modelSummary } from './summary.ts';

export interface ManyJobs {
  readonly jobs: readonly SubmitJobInput[];
  /** In which line of a file each was written; null for jobs that come from none. */
  readonly lines: readonly number[] | null;
  readonly name: string | null;
  /** Waits between two submissions; null submits all at once. */
  readonly pause: (() => Promise<void>) | null;
  readonly wait: boolean;
  readonly json: boolean;
  /** `texts`: every result as soon as there is one; `table`: how the models did. */
  readonly results: 'texts' | 'table';
}

export async function runMany(api: ApiClient, work: ManyJobs, terminal: Terminal): Promise<ExitCode> {
  if (!work.wait) return submitOnly(api, work, terminal);
  const progress = createProgress(terminal);
  const submitted: SubmittedJob[] = [];
  const batchIds: string[] = [];
  const stopListening = onInterrupt(() => leave(progress, submitted, batchIds, terminal));
  try {
    const { json, lines, jobs } = work;
    const results =
      work.results === 'table' && !json
        ? null
        : new JobResults(api, { json, total: jobs.length, lines: lines ?? undefined }, progress, terminal);
    const tally = await submitAndWatch(api, work, { progress, results, submitted, batchIds });
    await results?.told();
    progress.stop();
    if (!results) terminal.outLine(await modelSummary(api, idsOf(submitted), terminal.columns));
    if (!json) terminal.outLine(tallyText(tally));
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

async function submitOnly(api: ApiClient, work: ManyJobs, terminal: Terminal): Promise<ExitCode> {
  const print = (id: string) => terminal.outLine(work.json ? JSON.stringify({ id }) : id);
  for await (const { batchId, jobs } of submissions(api, work)) {
    if (batchId) terminal.note(`batch ${batchId}`);
    for (const job of jobs) print(job.id);
  }
  return EXIT.done;
}

/** Who is told what, as it becomes known. */
interface Telling {
  readonly progress: Progress;
  readonly results: JobResults | null;
  readonly submitted: SubmittedJob[];
  readonly batchIds: string[];
}

async function submitAndWatch(
  api: ApiClient,
  work: ManyJobs,
  { progress, results, submitted, batchIds }: Telling,
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
      onEnd: (id, status) => results?.ended(id, status),
    });
    results?.number(jobs);
    watch.add(idsOf(jobs));
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
      const job = await submitJob(api, input);
      yield { batchId: null, jobs: [job] };
    }
    return;
  }
  for (let from = 0; from < work.jobs.length; from += LARGEST_BATCH) {
    const batchId = await submitBatch(api, work.jobs.slice(from, from + LARGEST_BATCH), work.name);
    yield { batchId, jobs: await batchJobs(api, batchId) };
  }
}

function idsOf(jobs: readonly SubmittedJob[]): readonly string[] {
  return jobs.map(({ id }) => id);
}

function leave(
  progress: Progress,
  submitted: readonly SubmittedJob[],
  batchIds: readonly string[],
  terminal: Terminal,
): never {
  progress.stop();
  const ids = batchIds.length > 0 ? batchIds : idsOf(submitted);
  const shown = ids.length > 5 ? `${ids.slice(0, 5).join(' ')} ...` : ids.join(' ');
  terminal.note(
    submitted.length === 0
      ? '\nStopped before the server had taken the jobs; "vramkeeper jobs" shows whether it has.'
      : `\nThe ${submitted.length} jobs submitted so far go on without you. See them with "vramkeeper jobs", end them with "vramkeeper cancel ${shown}".`,
  );
  process.exit(EXIT.interrupted);
}
