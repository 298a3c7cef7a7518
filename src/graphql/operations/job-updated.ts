/** `jobUpdated`: one job, or all that a filter means, followed from now or from an event on. */
import { ownFilter } from '../../domain/job-filter.ts';
import { JobFeed, type JobNotice } from '../../events/job-feed.ts';
import { builder } from '../builder.ts';
import { JobFilterInput, jobFilter } from '../inputs/job-list.ts';
import { JobRef } from '../refs.ts';
import { enumOf, JobStatusEnum } from '../types/enums.ts';
import { requireJob } from './require-job.ts';

const JobEventTypeEnum = enumOf<JobNotice['type']>('JobEventType', 'What an event tells of a job.', {
  CHANGED: 'The job is new, or something about it changed.',
  SNAPSHOT: 'The job as it was when the stream started.',
});

const JobEventRef = builder.objectRef<JobNotice>('JobEvent').implement({
  description: 'A job as it is, because it was asked for or because it changed.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it changed, or when the snapshot was taken.' }),
    coalesced: t.exposeInt('coalesced', {
      description: 'How many earlier changes to this job were merged into this event.',
    }),
    cursor: t.expose('cursor', {
      type: 'EventCursor',
      description: 'Send it as `after` to resume the stream after this event.',
    }),
    job: t.expose('job', { type: JobRef }),
    previousStatus: t.expose('previousStatus', {
      type: JobStatusEnum,
      nullable: true,
      description:
        'The status that this stream told before, or had to tell next when it was left. Null for `SNAPSHOT`, for a new job, and where ' +
        'the stream had fallen behind.',
    }),
    snapshotComplete: t.exposeBoolean('snapshotComplete', {
      description:
        'Whether the snapshot ends with this event: of the newest 100, what the client knew and was not told again is not there any ' +
        'more. A snapshot without a job has no event.',
    }),
    type: t.expose('type', { type: JobEventTypeEnum }),
  }),
});

builder.subscriptionField('jobUpdated', (t) =>
  t.field({
    type: JobEventRef,
    description:
      'Job state, snapshot first: one `SNAPSHOT` event per matching job (the newest 100, oldest of them first), then one event per ' +
      'change. When the client is slower than the changes, changes to the same job are merged and only the newest is sent; no ' +
      'terminal state is ever lost. A job that stops matching `filter` is sent once more. A stream that is resumed goes on with all ' +
      'that changed meanwhile, also where the server was restarted; it sends a job that does not match once more too when it may have ' +
      'been sent before. With `id` it completes after that job has ended.',
    args: {
      after: t.arg({
        type: 'EventCursor',
        description:
          'Go on after this event. There is a snapshot again only where the last one was not received to its end, and where the ' +
          'cursor is of another data directory.',
      }),
      filter: t.arg({ type: JobFilterInput }),
      id: t.arg.id({ description: 'Only this job.' }),
    },
    subscribe: async (_root, { after, filter, id }, context) => {
      const { clock, events: log, principal, store, system } = context;
      const job = typeof id === 'string' ? await requireJob(id, context) : null;
      return new JobFeed({
        log,
        store,
        clock,
        filter: ownFilter(principal, jobFilter(filter, system)),
        ...(job ? { id: job.id } : {}),
        ...(after ? { after } : {}),
      });
    },
    resolve: (notice) => notice,
  }),
);
