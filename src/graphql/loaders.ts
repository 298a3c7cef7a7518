/**
 * Reads by id, gathered: what the resolvers of one tick ask for becomes one call of the store. Nothing is kept between ticks:
 * a subscription's context lives for hours, and a job read again after a mutation must not be the one from before.
 */
import DataLoader from 'dataloader';
import type { BatchId, JobId } from '../domain/ids.ts';
import type { ImageId, ImageStore, StoredImage } from '../domain/image.ts';
import type { Job, JobEnding, OutputChannel } from '../domain/job.ts';
import type { JobCourse } from '../domain/job-course.ts';
import type { ResultSizes } from '../domain/job-leavings.ts';
import type { RequestBatchStore } from '../domain/request-batch.ts';
import type { Batch, Store } from '../domain/store.ts';

/** Resolvers read the store; every write goes through the accept service. */
export type StoreReads = Pick<
  Store,
  | 'job'
  | 'jobs'
  | 'list'
  | 'countJobs'
  | 'counts'
  | 'changedSince'
  | 'revision'
  | 'queuePositions'
  | 'idsWithPrefix'
  | 'batches'
  | 'listBatches'
  | 'countBatches'
  | 'resultSizes'
  | 'endings'
  | 'output'
  | 'texts'
  | 'raws'
  | 'courses'
  | 'request'
  | 'requestSize'
  | 'vectors'
  | 'blob'
  | 'waiting'
> & {
  readonly images: Pick<ImageStore, 'images'>;
  readonly requestBatches: Pick<RequestBatchStore, 'members'>;
};

export interface Loaders {
  readonly job: Loader<JobId, Job | null>;
  readonly batch: Loader<BatchId, Batch | null>;
  readonly resultSizes: Loader<JobId, ResultSizes | null>;
  readonly ending: Loader<JobId, JobEnding | null>;
  readonly texts: Loader<JobId, Readonly<Record<OutputChannel, string>> | null>;
  readonly raw: Loader<JobId, string | null>;
  readonly course: Loader<JobId, JobCourse | null>;
  readonly image: Loader<ImageId, StoredImage | null>;
  readonly queuePosition: Loader<JobId, number | null>;
}

type Loader<Id, Value> = Pick<DataLoader<Id, Value>, 'load' | 'loadMany'>;

/** Keeps one call of the store, and one statement behind it, within bounds. */
const MOST_AT_ONCE = 500;

export function createLoaders(store: StoreReads): Loaders {
  return {
    job: gathered((ids) => store.jobs(ids)),
    batch: gathered((ids) => store.batches(ids)),
    resultSizes: gathered((ids) => store.resultSizes(ids)),
    ending: gathered((ids) => store.endings(ids)),
    texts: gathered((ids) => store.texts(ids)),
    raw: gathered((ids) => store.raws(ids)),
    course: gathered((ids) => store.courses(ids)),
    image: gathered((ids) => store.images.images(ids, null)),
    queuePosition: gathered((ids) => store.queuePositions(ids)),
  };
}

/** `read` answers in the order and length of its ids, which are all different. */
function gathered<Id, Value>(read: (ids: readonly Id[]) => Promise<readonly Value[]>): Loader<Id, Value> {
  return new DataLoader<Id, Value>(
    async (asked) => {
      const ids = [...new Set(asked)];
      const values = await read(ids);
      const byId = new Map(ids.map((id, i) => [id, values[i] as Value]));
      return asked.map((id) => byId.get(id) as Value);
    },
    { cache: false, maxBatchSize: MOST_AT_ONCE },
  );
}
