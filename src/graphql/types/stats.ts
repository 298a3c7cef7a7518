/** Figures of the queue, of jobs and of swaps. */

import { fromMillionths } from '../../domain/price.ts';
import { parseQueueKey } from '../../domain/queue-key.ts';
import type { LifetimeCounts, SampleCounts } from '../../domain/sample.ts';
import type { LatencyStats, QueueState, StartEstimates, SwapStats } from '../../domain/system.ts';
import type { EstimateError } from '../../domain/work.ts';
import { instancesOf } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { InstanceRef, StatsRef } from '../refs.ts';
import { JobPriorityEnum } from './enums.ts';
import { VramUsageRef } from './gpu.ts';
import { JobCountsRef } from './job-counts.ts';

/** Five minutes. */
const LATENCY_WINDOW_MS = 300_000;

const SwapStatsRef = builder.objectRef<SwapStats>('SwapStats').implement({
  description: 'What has been brought into memory and out of it since this server started.',
  fields: (t) => ({
    coldStarts: t.exposeInt('coldStarts', {
      description: 'Loads on managed backends for which a server process had to be started.',
    }),
    evictions: t.exposeInt('evictions', { description: 'Unloads that made room for another model.' }),
    loads: t.exposeInt('loads'),
    loadTime: t.expose('loadTimeMs', {
      type: 'Milliseconds',
      description: 'Time spent on loads, all added up.',
    }),
    spills: t.exposeInt('spills', {
      description: 'Loads that ended partly on the CPU although there are GPUs.',
    }),
    unloads: t.exposeInt('unloads', { description: 'Unloads for any reason.' }),
    warmStarts: t.exposeInt('warmStarts', {
      description: 'Loads on managed backends that took a server process which stood ready.',
    }),
  }),
});

const LifetimeRef = builder.objectRef<LifetimeCounts>('LifetimeCounts').implement({
  description:
    'What has ever been counted in this data directory, over all starts of its server, whatever of it is forgotten by now. What the ten seconds before ' +
    'a crash counted is not in it.',
  fields: (t) => {
    const count = (name: keyof SampleCounts, description: string) =>
      t.field({ type: 'Integer', description, resolve: ({ counts }) => counts[name] });
    return {
      cancelled: count('cancelled', 'Jobs that ended so.'),
      completed: count('completed', 'Jobs that ended so.'),
      completionTokens: count('completionTokens', 'Tokens produced.'),
      cost: t.float({
        description: 'What providers took, by the prices in the settings.',
        resolve: ({ counts }) => fromMillionths(counts.costMillionths),
      }),
      evictions: count('evictions', 'Unloads that made room for another model.'),
      failed: count('failed', 'Jobs that ended so.'),
      loads: count('loads', 'Models brought into memory.'),
      loadTime: t.field({
        type: 'Milliseconds',
        description: 'Time spent on loads, all added up.',
        resolve: ({ counts }) => counts.loadTimeMs,
      }),
      promptTokens: count('promptTokens', 'Tokens read.'),
      since: t.expose('since', { type: 'DateTime', description: 'When counting began.' }),
      spills: count('spills', 'Loads that ended partly on the CPU although there are GPUs.'),
      submitted: count('submitted', 'Jobs accepted.'),
      truncatedPrompts: count('truncatedPrompts', 'Jobs whose prompt was cut to the context of their model.'),
      unloads: count('unloads', 'Unloads for any reason.'),
    };
  },
});

export const QueueStatsRef = builder.objectRef<QueueState>('QueueStats').implement({
  description: 'The backlog of one model, at one context length and with one wish for `shift`.',
  fields: (t) => ({
    contextLength: t.int({
      nullable: true,
      description: 'The context length that its jobs ask for or need; null when the usual one will do.',
      resolve: ({ queue }) => parseQueueKey(queue).contextLength,
    }),
    contextChosen: t.boolean({
      description: 'Whether nobody asked for that context: it was chosen so that long prompts fit.',
      resolve: ({ queue }) => parseQueueKey(queue).chosen ?? false,
    }),
    expectedClear: t.expose('expectedClearMs', {
      type: 'Milliseconds',
      nullable: true,
      description:
        'How long until it should be empty if nothing is added; null where there is no honest estimate.',
    }),
    modelName: t.exposeString('modelName'),
    oldestAge: t.expose('oldestAgeMs', {
      type: 'Milliseconds',
      nullable: true,
      description: 'How long its oldest job has waited.',
    }),
    pendingHigh: t.int({ resolve: ({ pending }) => pending.HIGH }),
    pendingLow: t.int({ resolve: ({ pending }) => pending.LOW }),
    pendingNormal: t.int({ resolve: ({ pending }) => pending.NORMAL }),
    shift: t.boolean({
      nullable: true,
      description:
        'Whether its jobs want a context that moves on when it is full; null when they leave it to the model.',
      resolve: ({ queue }) => parseQueueKey(queue).shift ?? null,
    }),
  }),
});

export const LatencyStatsRef = builder.objectRef<LatencyStats>('LatencyStats').implement({
  description: 'Over jobs that finished in the window; every percentile is null when there were none.',
  fields: (t) => ({
    queueP50: t.expose('queueP50Ms', {
      type: 'Milliseconds',
      nullable: true,
      description: 'From acceptance to start: half took no longer.',
    }),
    queueP95: t.expose('queueP95Ms', {
      type: 'Milliseconds',
      nullable: true,
      description: 'From acceptance to start: 95 of 100 took no longer.',
    }),
    runP50: t.expose('runP50Ms', {
      type: 'Milliseconds',
      nullable: true,
      description: 'From start to end: half took no longer.',
    }),
    runP95: t.expose('runP95Ms', {
      type: 'Milliseconds',
      nullable: true,
      description: 'From start to end: 95 of 100 took no longer.',
    }),
    sampleCount: t.exposeInt('sampleCount', { description: 'How many jobs that is.' }),
  }),
});

const WorkEstimatesRef = builder.objectRef<EstimateError>('WorkEstimates').implement({
  description:
    'How well it was known before how long jobs would be in their slots, over the last jobs that succeeded.',
  fields: (t) => ({
    bias: t.exposeFloat('bias', {
      nullable: true,
      description:
        'By which part of their true time all of them together were estimated too long (0.1: a tenth); negative where too short. Null when there were none.',
    }),
    medianError: t.exposeFloat('medianError', {
      nullable: true,
      description:
        'Half of the estimates were not farther off, as a part of the true time. Null when there were none.',
    }),
    sampleCount: t.exposeInt('sampleCount', { description: 'How many jobs that is.' }),
  }),
});

const StartEstimatesRef = builder.objectRef<StartEstimates>('StartEstimates').implement({
  description:
    'How far off the starts were that somebody was told of jobs that have started since, over the last of them.',
  fields: (t) => ({
    medianError: t.expose('medianErrorMs', {
      type: 'Milliseconds',
      nullable: true,
      description: 'Half of them were not farther off. Null when there were none.',
    }),
    sampleCount: t.exposeInt('sampleCount', { description: 'How many starts that is.' }),
  }),
});

StatsRef.implement({
  description:
    'Counters, memory and latencies. `counts` is of the jobs that are kept; `swaps`, `truncatedPrompts`, latencies and the quality of estimates are of this ' +
    'start of the server; `ever` is of all of them.',
  fields: (t) => ({
    counts: t.field({ type: JobCountsRef, resolve: (_stats, _args, { store }) => store.counts() }),
    instances: t.field({
      type: [InstanceRef],
      description: 'What is in memory, on all backends.',
      resolve: (_stats, _args, { system }) => instancesOf(system),
    }),
    ever: t.field({ type: LifetimeRef, resolve: (_stats, _args, { system }) => system.lifetime() }),
    latency: t.field({
      type: LatencyStatsRef,
      description:
        'How long jobs took that finished since this server started and in the last `window`, of one priority or of all.',
      args: {
        priority: t.arg({ type: JobPriorityEnum }),
        window: t.arg({ type: 'Milliseconds', defaultValue: LATENCY_WINDOW_MS }),
      },
      resolve: (_stats, { priority, window }, { system }) =>
        system.latency(priority ?? null, window ?? LATENCY_WINDOW_MS),
    }),
    paused: t.boolean({
      description: 'Whether `pauseScheduler` keeps new jobs from starting.',
      resolve: (_stats, _args, { system }) => system.paused,
    }),
    queues: t.field({
      type: [QueueStatsRef],
      description: 'The backlog, model by model.',
      resolve: (_stats, _args, { system }) => system.queues(),
    }),
    startEstimates: t.field({
      type: StartEstimatesRef,
      resolve: (_stats, _args, { system }) => system.startEstimates(),
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When this server started.',
      resolve: (_stats, _args, { system }) => system.startedAt,
    }),
    swaps: t.field({ type: SwapStatsRef, resolve: (_stats, _args, { system }) => system.swaps() }),
    truncatedPrompts: t.int({
      description: 'Jobs since this server started whose prompt was cut to the context of their model.',
      resolve: (_stats, _args, { system }) => system.truncatedPrompts,
    }),
    version: t.string({
      description: 'Of this server.',
      resolve: (_stats, _args, { system }) => system.version,
    }),
    vram: t.field({
      type: VramUsageRef,
      description: 'Over all backends.',
      resolve: (_stats, _args, { system }) => system.usage(),
    }),
    workEstimates: t.field({
      type: WorkEstimatesRef,
      resolve: (_stats, _args, { system }) => system.workEstimates(),
    }),
  }),
});

builder.queryField('stats', (t) =>
  t.field({
    type: StatsRef,
    description: 'Counters, memory and latencies, all read at one instant.',
    resolve: () => ({}),
  }),
);
