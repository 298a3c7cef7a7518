/** Pausing and resuming the scheduler. */
import { builder } from '../builder.ts';
import { StatsRef } from '../refs.ts';

function statsPayload(name: string, description: string) {
  return builder.objectRef<Record<string, never>>(name).implement({
    description,
    fields: (t) => ({ stats: t.field({ type: StatsRef, resolve: () => ({}) }) }),
  });
}

const PausePayload = statsPayload(
  'PauseSchedulerPayload',
  'No job is started until `resumeScheduler`, after a restart of the server neither.',
);
const ResumePayload = statsPayload('ResumeSchedulerPayload', 'Jobs are started again.');

builder.mutationFields((t) => ({
  pauseScheduler: t.field({
    type: PausePayload,
    description:
      'Stop starting jobs; running ones finish. Has no effect when already paused. For administrators.',
    resolve: async (_root, _args, context) => {
      await context.control.pause();
      return {};
    },
  }),
  resumeScheduler: t.field({
    type: ResumePayload,
    description: 'Start jobs again. Has no effect when not paused. For administrators.',
    resolve: async (_root, _args, context) => {
      await context.control.resume();
      return {};
    },
  }),
}));
