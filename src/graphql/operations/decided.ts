/** `decided`: what the scheduler decides, followed. */
import { DecidedFeed, type DecisionNotice, NEWEST_DECISIONS } from '../../events/decided-feed.ts';
import { builder } from '../builder.ts';
import { DecisionRef } from '../refs.ts';
import { DecisionFilterInput, decisionTest } from '../types/decision.ts';

const DecisionEventRef = builder.objectRef<DecisionNotice>('DecisionEvent').implement({
  description: 'A decision as it is made.',
  fields: (t) => ({
    cursor: t.expose('cursor', {
      type: 'EventCursor',
      description: 'Send it as `after` to resume the stream after this event.',
    }),
    decision: t.expose('decision', { type: DecisionRef }),
    missed: t.exposeInt('missed', {
      description:
        'How many decisions of the kinds that are followed, about any model and job, were forgotten between the last event and this one: ' +
        'the client was too slow, or away for too long. Exact, over restarts of the server too.',
    }),
  }),
});

builder.subscriptionField('decided', (t) =>
  t.field({
    type: DecisionEventRef,
    description:
      `Decisions as they are made, oldest first: the newest ${NEWEST_DECISIONS} that there are, then each when it is on disk: at once, but for ` +
      'jobs that are handed out, of which it tells twice a second. None is told twice to a client that resumes after its last event.',
    args: {
      after: t.arg({
        type: 'EventCursor',
        description:
          'Go on after this event, also where the server was restarted. With a cursor of another data directory the stream begins anew.',
      }),
      filter: t.arg({ type: DecisionFilterInput }),
    },
    subscribe: async (_root, { after, filter }, context) =>
      new DecidedFeed({
        log: context.events,
        source: context.live.decisions,
        kinds: filter?.kinds ?? undefined,
        accepts: await decisionTest(filter, context),
        ...(after ? { after } : {}),
      }),
    resolve: (notice) => notice,
  }),
);
