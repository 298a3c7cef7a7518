/** Figures over time, a list for each. */
import type { GraphQLResolveInfo } from 'graphql';
import { fromMillionths } from '../../domain/price.ts';
import { onlyClient } from '../../domain/principal.ts';
import {
  busiest,
  type ClientSample,
  type GpuSample,
  MOST_CLIENTS,
  type Sample,
  type SampleCounts,
  type SampleSeries,
  seriesQuery,
  waitPercentile,
} from '../../domain/sample.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { timeRange } from '../inputs/time-range.ts';
import { GpuRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';

const USUAL_POINTS = 300;
const MOST_POINTS = 1_000;
/** One of them reads and adds up thousands of samples, so that a query can have few. */
const HISTORY_COST = 20_000;
/** The most that an entry of a list takes in the answer. */
const POINT_BYTES = 16;

/** A list with one entry for each step, counted as part of the answer. */
async function charged<T>(
  list: readonly T[],
  { answer }: GraphQLContext,
  position: GraphQLResolveInfo,
): Promise<readonly T[]> {
  await answer.take(list.length * POINT_BYTES, position);
  return list;
}

type Samples = SampleSeries['samples'];

interface OfGpu {
  readonly gpuId: GpuSample['gpuId'];
  /** One for each step. */
  readonly samples: readonly (GpuSample | null)[];
}

interface OfClient {
  readonly client: string | null;
  /** What it did in each step. */
  readonly samples: readonly (Pick<ClientSample, 'busyMs' | 'completed'> | null)[];
}

const GPU_FIGURES = {
  foreignBytes: 'In use by programs that vramkeeper knows nothing of.',
  freeBytes: 'What could have been given out.',
  instanceBytes: 'Held by instances.',
  reservedBytes: 'Kept for other programs.',
  usedBytes: 'In use by anyone.',
} as const;

const ACTIVITY_FIGURES = {
  powerWatts: 'What it drew.',
  temperatureCelsius: 'How warm it was.',
  utilization: 'The part of the time in which it computed, 0 to 1.',
} as const;

const GpuHistoryRef = builder.objectRef<OfGpu>('GpuHistory').implement({
  description: 'Of one GPU: the mean over each step.',
  fields: (t) => ({
    gpu: t.field({
      type: GpuRef,
      nullable: true,
      description: 'Null when it is not there any more.',
      resolve: ({ gpuId }, _args, { system }) => system.gpu(gpuId),
    }),
    gpuId: t.exposeID('gpuId'),
    ...Object.fromEntries(
      Object.entries(ACTIVITY_FIGURES).map(([name, description]) => [
        name,
        t.field({
          type: ['Float'],
          nullable: { list: false, items: true },
          description: `${description} Null where the probe did not tell.`,
          resolve: ({ samples }, _args, context, position) =>
            charged(
              samples.map((one) => one?.[name as keyof typeof ACTIVITY_FIGURES] ?? null),
              context,
              position,
            ),
        }),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(GPU_FIGURES).map(([name, description]) => [
        name,
        t.field({
          type: ['Bytes'],
          nullable: { list: false, items: true },
          description,
          resolve: ({ samples }, _args, context, position) =>
            charged(
              samples.map((one) => one?.[name as keyof typeof GPU_FIGURES] ?? null),
              context,
              position,
            ),
        }),
      ]),
    ),
  }),
});

/** What an older version did not count is null in what it took down. */
const COUNTED: Readonly<Record<Exclude<keyof SampleCounts, 'loadTimeMs' | 'costMillionths'>, string>> = {
  cancelled: 'Jobs that were cancelled.',
  completed: 'Jobs that were completed.',
  completionTokens: 'Tokens that models produced, of jobs that were completed.',
  evictions: 'Unloads that made room for another model.',
  failed: 'Jobs that failed.',
  loads: 'Loads that were done.',
  promptTokens: 'Tokens that models read, of jobs that were completed.',
  spills: 'Loads that ended partly on the CPU although there are GPUs.',
  submitted: 'Jobs that were accepted.',
  truncatedPrompts: 'Jobs whose prompt was cut to the context of their model.',
  unloads: 'Unloads for any reason.',
};

function costOf(sample: Sample | null): number | null {
  const { costMillionths } = (sample?.counts ?? {}) as Partial<SampleCounts>;
  return costMillionths === undefined ? null : fromMillionths(costMillionths);
}

const JobHistoryRef = builder.objectRef<Samples>('JobHistory').implement({
  description: 'What became of jobs within each step.',
  fields: (t) => {
    const figure = (description: string, of: (sample: Sample) => number) =>
      t.field({
        type: ['Integer'],
        nullable: { list: false, items: true },
        description,
        resolve: (samples, _args, context, position) =>
          charged(
            samples.map((one) => one && of(one)),
            context,
            position,
          ),
      });
    const wait = (share: number) =>
      t.field({
        type: ['Milliseconds'],
        nullable: { list: false, items: true },
        description: `How long ${share * 100} of 100 jobs that started in the step had waited at most, to 5 %; null when none did.`,
        resolve: (samples, _args, context, position) =>
          charged(
            samples.map((one) => one && waitPercentile(one, share)),
            context,
            position,
          ),
      });
    return {
      ...Object.fromEntries(
        Object.entries(COUNTED).map(([name, description]) => [
          name,
          figure(description, ({ counts }) => counts[name as keyof SampleCounts]),
        ]),
      ),
      cost: t.field({
        type: ['Float'],
        nullable: { list: false, items: true },
        description: 'What providers took, by the prices in the settings.',
        resolve: (samples, _args, context, position) =>
          charged(
            samples.map((one) => costOf(one)),
            context,
            position,
          ),
      }),
      queueP50: wait(0.5),
      queueP95: wait(0.95),
      running: figure('At the end of the step.', ({ running }) => running),
      waiting: figure('At the end of the step.', ({ waiting }) => waiting),
    };
  },
});

const ClientHistoryRef = builder.objectRef<OfClient>('ClientHistory').implement({
  description: 'Of one client, or of all that are not among the busiest.',
  fields: (t) => ({
    busy: t.field({
      type: ['Milliseconds'],
      nullable: { list: false, items: true },
      description: 'Slot time that its jobs used in each step.',
      resolve: ({ samples }, _args, context, position) =>
        charged(
          samples.map((one) => one?.busyMs ?? null),
          context,
          position,
        ),
    }),
    client: t.exposeString('client', {
      nullable: true,
      description: `Null for all others together: of each stretch of time only the ${MOST_CLIENTS} busiest are told apart.`,
    }),
    completed: t.field({
      type: ['Integer'],
      nullable: { list: false, items: true },
      description: 'Its jobs that were completed.',
      resolve: ({ samples }, _args, context, position) =>
        charged(
          samples.map((one) => one?.completed ?? null),
          context,
          position,
        ),
    }),
  }),
});

/**
 * The busiest of the whole time; in each step all that are not among them are the others.
 * @param only the one client that may be told apart; null for all
 */
function clientsOf(all: Samples, only: string | null): readonly OfClient[] {
  const samples = only === null ? all : all.map((one) => one && { clients: hidden(one.clients, only) });
  const told = busiest(samples.flatMap((one) => one?.clients ?? []));
  const names = new Set(told.map(({ client }) => client));
  const isOf = (client: string | null) => (each: ClientSample) =>
    client === null ? each.client === null || !names.has(each.client) : each.client === client;
  return told.map(({ client }) => ({
    client,
    samples: samples.map((one) => one && sumOf(one.clients.filter(isOf(client)))),
  }));
}

function hidden(clients: readonly ClientSample[], only: string): readonly ClientSample[] {
  return clients.map((each) => (each.client === only ? each : { ...each, client: null }));
}

function sumOf(clients: readonly ClientSample[]): Pick<ClientSample, 'busyMs' | 'completed'> {
  return {
    busyMs: clients.reduce((sum, { busyMs }) => sum + busyMs, 0),
    completed: clients.reduce((sum, { completed }) => sum + completed, 0),
  };
}

const HistoryRef = builder.objectRef<SampleSeries>('History').implement({
  description: 'Figures over time. Every list has one entry for each step, null where nothing was read.',
  fields: (t) => ({
    clients: t.field({
      type: [ClientHistoryRef],
      description:
        'Those that used the most slot time first, all others together last; callers who are no administrators see themselves and the others.',
      resolve: ({ samples }, _args, { principal }) => clientsOf(samples, onlyClient(principal)),
    }),
    from: t.expose('from', {
      type: 'DateTime',
      description:
        'When the first step begins: a multiple of `step`, at the time asked for or shortly before it.',
    }),
    gpus: t.field({
      type: [GpuHistoryRef],
      resolve: ({ samples }) => {
        const ids = new Set(samples.flatMap((one) => one?.gpus.map(({ gpuId }) => gpuId) ?? []));
        return [...ids].map((gpuId) => ({
          gpuId,
          samples: samples.map((one) => one?.gpus.find((gpu) => gpu.gpuId === gpuId) ?? null),
        }));
      },
    }),
    jobs: t.field({ type: JobHistoryRef, resolve: ({ samples }) => samples }),
    step: t.expose('stepMs', { type: 'Milliseconds' }),
  }),
});

builder.queryField('history', (t) =>
  t.field({
    type: HistoryRef,
    description:
      'Figures at equal steps, from what is kept: every 10 s for 6 h, every minute for 7 d, every 15 min for 90 d. The answer says which step it is.',
    args: {
      from: t.arg({ type: 'DateTime', required: true }),
      points: t.arg.int({
        defaultValue: USUAL_POINTS,
        description: `About how many steps it is to have: 1 to ${MOST_POINTS}.`,
      }),
      to: t.arg({ type: 'DateTime', description: 'By default now.' }),
    },
    extensions: { cost: HISTORY_COST },
    resolve: (_root, { points, ...range }, { clock, history, scope }) => {
      const wanted = points ?? USUAL_POINTS;
      if (wanted < 1 || wanted > MOST_POINTS)
        throw requestError('BAD_USER_INPUT', `points must be from 1 to ${MOST_POINTS}, not ${wanted}.`);
      return history.samples.series(seriesQuery(timeRange(range, clock), wanted, clock.now()), scope);
    },
  }),
);
