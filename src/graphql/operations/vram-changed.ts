/** `vramChanged`: GPU memory and instances, followed. */
import type { BackendState } from '../../domain/system.ts';
import { VramFeed } from '../../events/vram-feed.ts';
import { backendsOf } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { BackendRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';

const DEFAULT_INTERVAL_MS = 250;

interface VramEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly backends: readonly BackendState[];
}

const VramEventRef = builder.objectRef<VramEvent>('VramEvent').implement({
  description: 'GPU memory and instances as they are.',
  fields: (t) => ({
    at: t.expose('at', {
      type: 'DateTime',
      description: 'When they became so; at first, when the stream started.',
    }),
    backends: t.expose('backends', { type: [BackendRef] }),
  }),
});

builder.subscriptionField('vramChanged', (t) =>
  t.field({
    type: VramEventRef,
    description:
      'GPU memory and instances, as they are at first, then at most one event per `minInterval`, each with the newest state.',
    args: {
      backendId: t.arg.id({ description: 'Only this backend.' }),
      minInterval: t.arg({ type: 'Milliseconds', defaultValue: DEFAULT_INTERVAL_MS }),
    },
    subscribe: (_root, { backendId, minInterval }, { clock, events: log, system }) => {
      if (backendId && !backendsOf(system).some((backend) => backend.id === backendId)) {
        throw requestError('NOT_FOUND', 'There is no backend with this id. The query `backends` lists them.');
      }
      return new VramFeed({ log, clock, minIntervalMs: minInterval ?? DEFAULT_INTERVAL_MS });
    },
    resolve: ({ at }, { backendId }, { system }) => ({
      at,
      backends: backendsOf(system).filter((backend) => !backendId || backend.id === backendId),
    }),
  }),
);
