/** `jobOutput`: what a job produces, as it comes. */
import type { JobId } from '../../domain/ids.ts';

import type { FinishedOutput, OutputChunk } from '../../events/output-hub.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { requestError } from '../request-errors.ts';
import { OutputChannelEnum } from '../types/enums.ts';
import { requireJob } from './require-job.ts';

export const JobOutputChunkRef = builder.objectRef<OutputChunk>('JobOutputChunk').implement({
  description: 'A piece of what a job produces.',
  fields: (t) => ({
    attempt: t.exposeInt('attempt', {
      description:
        'From 1. Every run of the job is an attempt of its own with a larger number, and its offsets start at 0 again: what was received before is void.',
    }),
    channel: t.expose('channel', { type: OutputChannelEnum, description: 'All of the piece belongs to it.' }),
    final: t.exposeBoolean('final', { description: 'True on the last chunk, whose text may be empty.' }),
    offset: t.exposeInt('offset', {
      description:
        "Where `text` starts in the attempt's whole output over all channels, in UTF-16 code units.",
    }),
    text: t.exposeString('text'),
  }),
});

/** What a finished job left. An attempt that said nothing is told by the job alone. */
export async function finishedOutput(
  id: JobId,
  store: GraphQLContext['store'],
): Promise<FinishedOutput | null> {
  const parts = await store.output(id);
  if (!parts) return null;
  const attempt = parts.at(-1)?.attempt ?? (await store.job(id))?.fence;
  return attempt === undefined ? null : { attempt, parts };
}

builder.subscriptionField('jobOutput', (t) =>
  t.field({
    type: JobOutputChunkRef,
    description:
      'What a job produces, as it is produced. Chunks are contiguous; a slow client receives fewer, longer ones. A job that has not ' +
      'started is waited for, a finished one is sent whole. Completes when the job has ended. To resume, send `attempt` of the last ' +
      'chunk received and as `fromOffset` where it ended.',
    args: {
      attempt: t.arg.int({
        description:
          'The attempt that `fromOffset` counts in. Should there be another one by now, it is sent from its beginning.',
      }),
      fromOffset: t.arg.int({
        defaultValue: 0,
        description: 'Where to start, in UTF-16 code units over all channels.',
      }),
      id: t.arg.id({ required: true }),
    },
    subscribe: async (_root, { attempt, fromOffset, id }, context) => {
      const offset = fromOffset ?? 0;
      if (offset < 0) throw requestError('BAD_USER_INPUT', `fromOffset must be at least 0, not ${offset}.`);
      const job = await requireJob(id, context);
      const { outputs, store } = context;
      return outputs.read(job.id, { attempt: attempt ?? null, offset }, () => finishedOutput(job.id, store));
    },
    resolve: (chunk) => chunk,
  }),
);
