/** `batchUpdated` and `batchOutput`: a batch followed to its end. */
import type { Batch } from '../../domain/batch.ts';
import { isId } from '../../domain/ids.ts';
import { BatchFeed } from '../../events/batch-feed.ts';
import { type BatchChunk, BatchOutput } from '../../events/batch-output.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { intervalMs } from '../inputs/interval.ts';
import { BatchRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';
import { finishedOutput, JobOutputChunkRef } from './job-output.ts';

const BatchOutputChunkRef = builder.objectRef<BatchChunk>('BatchOutputChunk').implement({
  description: 'A piece of what a job of a batch produces.',
  fields: (t) => ({
    chunk: t.expose('chunk', { type: JobOutputChunkRef }),
    jobId: t.exposeID('jobId'),
  }),
});

const INTERVAL = 'From 100 to 60,000; what lies outside counts as the nearest of them.';

/** @throws GraphQLError NOT_FOUND */
async function requireBatch(id: string, { loaders }: GraphQLContext): Promise<Batch> {
  const batch = isId('bat', id) ? await loaders.batch.load(id) : null;
  if (batch) return batch;
  throw requestError(
    'NOT_FOUND',
    'There is no batch with this id. Batches are forgotten a while after their last job has ended, unless they are kept.',
  );
}

builder.subscriptionFields((t) => ({
  batchUpdated: t.field({
    type: BatchRef,
    description:
      'A batch as it is at first, then as its jobs get on, at most one event per `minInterval`. A slow client is sent the newest state ' +
      'only. Completes when its last job has ended.',
    args: {
      id: t.arg.id({ required: true }),
      minInterval: t.arg({ type: 'Milliseconds', defaultValue: 500, description: INTERVAL }),
    },
    subscribe: async (_root, { id, minInterval }, context) => {
      const { clock, events: log, loaders } = context;
      const batch = await requireBatch(id, context);
      const minIntervalMs = intervalMs(minInterval);
      return new BatchFeed({
        log,
        clock,
        id: batch.id,
        minIntervalMs,
        load: (batchId) => loaders.batch.load(batchId),
      });
    },
    resolve: (batch) => batch,
  }),
  batchOutput: t.field({
    type: BatchOutputChunkRef,
    description:
      'What the jobs of a batch produce, in one stream: of each as `jobOutput` sends it, what has ended one after the other, what runs with at ' +
      'most one chunk per job and `minInterval`. Completes when the batch has ended and all of it was sent.',
    args: {
      id: t.arg.id({ required: true }),
      minInterval: t.arg({ type: 'Milliseconds', defaultValue: 100, description: INTERVAL }),
    },
    subscribe: async (_root, { id, minInterval }, context) => {
      const { clock, events: log, loaders, outputs: hub, store } = context;
      const batch = await requireBatch(id, context);
      return new BatchOutput({
        log,
        hub,
        clock,
        id: batch.id,
        minIntervalMs: intervalMs(minInterval),
        members: (after, limit) => store.requestBatches.members(batch.id, after, limit),
        finished: (jobId) => finishedOutput(jobId, store),
        isOver: async () => (await loaders.batch.load(batch.id))?.finishedAt !== null,
      });
    },
    resolve: (chunk) => chunk,
  }),
}));
