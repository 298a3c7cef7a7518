/** How a job ended, with all that it left. */
import { type BackendAnswer, UnknownJobError } from '../domain/errors.ts';
import type { Job, JobEnding, JobResult, OutputChannel } from '../domain/job.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Store } from '../domain/store.ts';
import { VectorGatherer } from '../domain/vectors.ts';

export interface JobEnd {
  /** COMPLETE, FAILED or CANCELLED. */
  readonly job: Job;
  /** Of a COMPLETE job; null of others. */
  readonly result: JobResult | null;
  /** What its last run said. */
  readonly texts: Readonly<Record<OutputChannel, string>>;
  /** What the backend itself said of the failure, word for word; null where it said nothing, or nobody waited yet when it did. */
  readonly answer: BackendAnswer | null;
}

/** What is read of the store. */
export type EndStore = Pick<Store, 'job' | 'endings' | 'texts' | 'raws' | 'vectors'>;

export const NO_TEXTS: JobEnd['texts'] = { TEXT: '', THINKING: '' };

/** @throws UnknownJobError when the job was forgotten meanwhile */
export async function storedEnd(job: Job, store: EndStore): Promise<JobEnd> {
  const [texts] = await store.texts([job.id]);
  if (job.status !== 'COMPLETE') return { job, result: null, texts: texts ?? NO_TEXTS, answer: null };
  const [[ending], [raw]] = await Promise.all([store.endings([job.id]), store.raws([job.id])]);
  if (!ending || raw === undefined || raw === null || !texts) throw new UnknownJobError(job.id);
  return { job, result: await resultOf(job, ending, JSON.parse(raw), store), texts, answer: null };
}

async function resultOf(job: Job, ending: JobEnding, raw: JsonObject, store: EndStore): Promise<JobResult> {
  if (ending.kind === 'text') return { ...ending, raw };
  const { count, dimensions, bytes: _, ...rest } = ending;
  const gatherer = new VectorGatherer();
  for (const vector of await store.vectors(job.id, 0, count)) gatherer.add(vector);
  return { ...rest, raw, vectors: gatherer.finish(dimensions) };
}
