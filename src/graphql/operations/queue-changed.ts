/** `queueChanged`: the head of all that waits, followed. */
import { ownFilter } from '../../domain/job-filter.ts';
import { onlyClient } from '../../domain/principal.ts';
import type { QueueHead } from '../../view/queue-line.ts';
import { builder } from '../builder.ts';
import { intervalMs, MIN_INTERVAL_ARGUMENT } from '../inputs/interval.ts';
import { JobFilterInput, jobFilter } from '../inputs/job-list.ts';
import { pageRange } from '../paging.ts';
import { JobRef } from '../refs.ts';
import { QueueStatsRef } from '../types/stats.ts';

const DEFAULT_HEAD = 50;

const QueueEventRef = builder.objectRef<QueueHead>('QueueEvent').implement({
  description: 'The head of what waits, as it is.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    jobs: t.expose('jobs', {
      type: [JobRef],
      description:
        'The first ones, in the order in which they are expected to start: those that are claimed for a model that loads, then each when ' +
        'the scheduler should come to it, then those that wait for another try. Their place in this list is not their `queuePosition`, ' +
        'which goes by priority and age alone.',
    }),
    queues: t.field({
      type: [QueueStatsRef],
      description:
        'The backlogs in which such jobs wait, whole, in the order of their next expected starts. At most 100.',
      resolve: ({ queues }, _args, { system }) => queues.map((queue) => system.queue(queue)),
    }),
    totalCount: t.exposeInt('totalCount', { description: 'All that wait and meet `filter`.' }),
  }),
});

builder.subscriptionField('queueChanged', (t) =>
  t.field({
    type: QueueEventRef,
    description:
      'The head of the queue in the order in which jobs are expected to start, as it is at first, then after changes at most one event per ' +
      '`minInterval`, and one after five seconds without any. Each has the newest state: a client that is slower misses those between.',
    args: {
      filter: t.arg({ type: JobFilterInput, description: 'Only such jobs, of those that wait.' }),
      first: t.arg.int({ defaultValue: DEFAULT_HEAD, description: 'How many jobs: 1 to 100.' }),
      minInterval: t.arg(MIN_INTERVAL_ARGUMENT),
    },
    subscribe: (_root, { filter, first, minInterval }, { live, principal, store, system }) => {
      const { limit } = pageRange({ first: first ?? DEFAULT_HEAD }, () => undefined);
      const asked = { filter: ownFilter(principal, jobFilter(filter, system)), first: limit };
      const minIntervalMs = intervalMs(minInterval);
      return live.queue.follow(JSON.stringify([onlyClient(principal), asked, minIntervalMs]), {
        minIntervalMs,
        // Not in the scope of the one who asks first: the others go on when that one leaves.
        make: () => live.line.head(asked, store.waiting, { caller: principal.client }),
      });
    },
    resolve: (head) => head,
  }),
);
