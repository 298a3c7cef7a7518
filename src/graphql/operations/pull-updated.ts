/** `pullUpdated` and `pullsUpdated`: a download followed to its end, and all of them. */
import { isId } from '../../domain/ids.ts';
import { PullFeed } from '../../events/pull-feed.ts';
import { PullsFeed } from '../../events/pulls-feed.ts';
import { builder } from '../builder.ts';
import { ModelPullRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';

builder.subscriptionField('pullsUpdated', (t) =>
  t.field({
    type: ModelPullRef,
    description:
      'Every download under way or ended within the last hour, each as it is at first, then at most five times a second as it gets on, and ' +
      'those that begin later. A slow client is sent the newest state of each only; no end is lost.',
    subscribe: (_root, _args, { events: log, modelOperations }) =>
      new PullsFeed({ log, all: () => modelOperations.pulls() }),
    resolve: (pull) => pull,
  }),
);

builder.subscriptionField('pullUpdated', (t) =>
  t.field({
    type: ModelPullRef,
    description:
      'A download, as it is at first, then at most five times a second as it gets on. A slow client is sent the newest state only; the end ' +
      'is never lost. Completes after the end.',
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root, { id }, { events: log, modelOperations }) => {
      if (!isId('pul', id) || !modelOperations.findPull(id)) {
        throw requestError(
          'NOT_FOUND',
          'There is no download with this id. They are forgotten an hour after their end, and when the server restarts.',
        );
      }
      return new PullFeed({ log, id, find: (pullId) => modelOperations.findPull(pullId) });
    },
    resolve: (pull) => pull,
  }),
);
