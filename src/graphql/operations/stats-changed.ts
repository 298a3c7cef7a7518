/** `statsChanged`: counters, queues, latencies and health, followed. */

import { healthOf } from '../../view/health.ts';
import type { Stamped } from '../../view/live-states.ts';
import { builder } from '../builder.ts';
import { intervalMs, MIN_INTERVAL_ARGUMENT } from '../inputs/interval.ts';
import { StatsRef } from '../refs.ts';
import { HealthRef } from '../types/health.ts';

const StatsEventRef = builder.objectRef<Stamped>('StatsEvent').implement({
  description: 'The figures as they are.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    health: t.field({ type: HealthRef, resolve: (_event, _args, { system }) => healthOf(system) }),
    stats: t.field({ type: StatsRef, resolve: () => ({}) }),
  }),
});

builder.subscriptionField('statsChanged', (t) =>
  t.field({
    type: StatsEventRef,
    description:
      'Counters, queues, latencies and health, as they are at first, then after changes at most one event per `minInterval`, and one ' +
      'after five seconds without any. A client that is slower is sent the newest, and none of those between.',
    args: { minInterval: t.arg(MIN_INTERVAL_ARGUMENT) },
    subscribe: (_root, { minInterval }, { clock, live }) => {
      const minIntervalMs = intervalMs(minInterval);
      return live.stats.follow(String(minIntervalMs), { minIntervalMs, make: () => ({ at: clock.now() }) });
    },
    resolve: (event) => event,
  }),
);
