/** Who uses the slots, and who waits. */
import type { AllowanceUse } from '../../domain/allowance.ts';
import { onlyClient } from '../../domain/principal.ts';
import type { ClientStats } from '../../domain/usage-figures.ts';
import { builder } from '../builder.ts';
import { AllowanceNameEnum } from './enums.ts';
import { JobCountsRef } from './job-counts.ts';
import { LatencyStatsRef } from './stats.ts';

const HOUR_MS = 3_600_000;

const ClientAllowanceRef = builder.objectRef<AllowanceUse>('ClientAllowance').implement({
  description: 'What a client has used up of what it may.',
  fields: (t) => ({
    limit: t.expose('name', { type: AllowanceNameEnum }),
    maximum: t.exposeFloat('maximum', { description: 'In the time that the name of the limit says.' }),
    used: t.exposeFloat('used', {
      description: 'Of it, by now. More than the maximum where what was under way went beyond.',
    }),
  }),
});

const ClientStatsRef = builder.objectRef<ClientStats>('ClientStats').implement({
  description: 'What a client has used, and what it waits for.',
  fields: (t) => ({
    allowances: t.field({
      type: [ClientAllowanceRef],
      description: 'Of the limits that it has.',
      resolve: ({ client }, _args, { configuration }) => configuration.allowances.of(client),
    }),
    client: t.exposeString('client'),
    completionTokens: t.expose('completionTokens', {
      type: 'Integer',
      description: 'Of its jobs that were completed within the window.',
    }),
    cost: t.exposeFloat('cost', {
      description: 'What providers took for its jobs that were completed within the window, by their prices.',
    }),
    counts: t.expose('counts', {
      type: JobCountsRef,
      description: 'Waiting and running jobs are those of now, ended ones those of the window.',
    }),
    fairShare: t.exposeFloat('fairShare', {
      description:
        'The part of the slot time that it would have by its weight if all clients of the window wanted everything, 0 to 1.',
    }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'When it last submitted something, or when something of it last ended.',
    }),
    latency: t.expose('latency', { type: LatencyStatsRef }),
    maxQueued: t.int({
      nullable: true,
      description: 'The most of its jobs that may wait, as configured; null for no limit.',
      resolve: ({ limits }) => limits.maxQueued,
    }),
    maxRunning: t.int({
      nullable: true,
      description: 'The most of its jobs that may run at once, as configured; null for no limit.',
      resolve: ({ limits }) => limits.maxRunning,
    }),
    oldestWait: t.expose('oldestWaitMs', {
      type: 'Milliseconds',
      nullable: true,
      description: 'How long the oldest of its waiting jobs has waited; null when none waits.',
    }),
    promptTokens: t.expose('promptTokens', {
      type: 'Integer',
      description: 'Of its jobs that were completed within the window.',
    }),
    share: t.exposeFloat('share', {
      description: 'Its part of the slot time that all clients have used within the window, 0 to 1.',
    }),
    slotTime: t.expose('slotTimeMs', {
      type: 'Milliseconds',
      description: 'Time that its jobs spent in slots within the window, those that run included.',
    }),
    weight: t.float({
      description: 'As configured: among clients who wait it gets so many times the service of one with 1.',
      resolve: ({ limits }) => limits.weight,
    }),
  }),
});

builder.queryField('clients', (t) =>
  t.field({
    type: [ClientStatsRef],
    description:
      'Who submitted jobs, had some ended or waits, the busiest first, at most 100; for callers who are no administrators themselves alone. ' +
      'As far as this server remembers: since its start, and of the last 20,000 jobs.',
    args: {
      window: t.arg({
        type: 'Milliseconds',
        defaultValue: HOUR_MS,
        description: 'So far back from now.',
      }),
    },
    resolve: (_root, { window }, { principal, system }) =>
      system.clients(window ?? HOUR_MS, onlyClient(principal)),
  }),
);
