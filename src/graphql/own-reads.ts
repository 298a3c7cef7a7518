/**
 * The store as one caller sees it: jobs and batches of others are not there, whatever way they are asked for. Every resolver
 * reads through here. What belongs to a job (its output, its result, its place in the line) is asked for by the id of a job
 * that was read here before.
 */
import type { BatchFilter, BatchPage } from '../domain/batch.ts';
import type { JobId } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import { ownFilter } from '../domain/job-filter.ts';
import { onlyClient, type Principal, sees } from '../domain/principal.ts';
import { createLoaders, type Loaders, type StoreReads } from './loaders.ts';

export interface OwnReads {
  readonly store: StoreReads;
  readonly loaders: Loaders;
}

const NO_BATCHES: BatchPage = { batches: [], hasPrevious: false, hasNext: false };

/** Callers who see the same share what is gathered for one tick. Their number is bounded by the keys. */
export function ownReads(store: StoreReads): (principal: Principal) => OwnReads {
  const known = new Map<string | null, OwnReads>();
  return (principal) => {
    const only = onlyClient(principal);
    const reads = known.get(only) ?? readsOf(only === null ? store : hidingForeign(store, principal));
    known.set(only, reads);
    return reads;
  };
}

function readsOf(store: StoreReads): OwnReads {
  return { store, loaders: createLoaders(store) };
}

function hidingForeign(store: StoreReads, principal: Principal): StoreReads {
  const own = <T extends { readonly client: string }>(one: T | null) =>
    one && sees(principal, one) ? one : null;
  const jobs = async (ids: readonly JobId[]): Promise<readonly (Job | null)[]> =>
    (await store.jobs(ids)).map(own);
  const isOfOthers = ({ client = principal.client }: BatchFilter) => client !== principal.client;
  const ownBatches = (filter: BatchFilter) => ({ ...filter, client: principal.client });
  return {
    job: async (id) => own(await store.job(id)),
    jobs,
    list: (query, scope) => store.list({ ...query, filter: ownFilter(principal, query.filter) }, scope),
    countJobs: (filter, scope) => store.countJobs(ownFilter(principal, filter), scope),
    idsWithPrefix: (query, scope) => store.idsWithPrefix({ ...query, client: principal.client }, scope),
    listBatches: async (query, scope) =>
      isOfOthers(query.filter)
        ? NO_BATCHES
        : store.listBatches({ ...query, filter: ownBatches(query.filter) }, scope),
    countBatches: async (filter, scope) =>
      isOfOthers(filter) ? 0 : store.countBatches(ownBatches(filter), scope),
    batches: async (ids) => (await store.batches(ids)).map(own),
    images: { images: (ids) => store.images.images(ids, principal.client) },
    // How much there is to do is no secret.
    counts: () => store.counts(),
    changedSince: (revision, limit) => store.changedSince(revision, limit),
    revision: () => store.revision(),
    queuePositions: (ids, scope) => store.queuePositions(ids, scope),
    resultSizes: (ids) => store.resultSizes(ids),
    endings: (ids) => store.endings(ids),
    output: (id) => store.output(id),
    texts: (ids) => store.texts(ids),
    raws: (ids) => store.raws(ids),
    courses: (ids) => store.courses(ids),
    request: (id) => store.request(id),
    requestSize: (id) => store.requestSize(id),
    requestBatches: { members: (id, after, limit) => store.requestBatches.members(id, after, limit) },
    blob: (hash) => store.blob(hash),
    vectors: (id, from, count) => store.vectors(id, from, count),
    waiting: {
      buckets: (filter, scope) => store.waiting.buckets(ownFilter(principal, filter), scope),
      jobs: ({ picks, ofPicks, others, limit }, scope) =>
        store.waiting.jobs(
          { picks, ofPicks: ownFilter(principal, ofPicks), others: ownFilter(principal, others), limit },
          scope,
        ),
    },
  };
}
