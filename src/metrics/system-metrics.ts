/** The state of the whole at the moment of a question: worked out for the answer alone, so that nobody pays who does not ask. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { DecisionSource } from '../domain/decision.ts';
import type { JobCounts, TokenUsage } from '../domain/job.ts';
import type { BackendState, SwapStats, SystemView } from '../domain/system.ts';
import type { BoundedLabel } from './bounded-label.ts';

export interface SystemSources {
  readonly system: SystemView;
  /** Of the jobs that are in the store. */
  readonly jobs: () => JobCounts;
  readonly tokens: () => Pick<TokenUsage, 'promptTokens' | 'completionTokens'>;
  readonly cost: () => number;
  /** Of unloads that made room, in milliseconds. */
  readonly swapOverheadMs: () => number;
  /** Subscriptions that wait for something to happen. */
  readonly subscribers: () => number;
  readonly decisions: Pick<DecisionSource, 'onAdded'>;
}

const HEALTHS = ['HEALTHY', 'DEGRADED', 'UNREACHABLE'] as const;
const GPU_BYTES = {
  total: 'totalBytes',
  used: 'usedBytes',
  headroom: 'headroomBytes',
  reserved: 'reservedBytes',
  foreign: 'foreignBytes',
  instances: 'instanceBytes',
  free: 'freeBytes',
} as const;

type Total = readonly [name: string, help: string, of: (swaps: SwapStats) => number];

/** Figures that somebody else counts. */
const SWAPS: readonly Total[] = [
  ['vramkeeper_loads_total', 'Models that were loaded.', ({ loads }) => loads],
  ['vramkeeper_load_seconds_total', 'Time that loads took.', ({ loadTimeMs }) => loadTimeMs / 1000],
  ['vramkeeper_unloads_total', 'Models that were unloaded, for whatever reason.', ({ unloads }) => unloads],
  [
    'vramkeeper_evictions_total',
    'Models that were unloaded to make room for another.',
    ({ evictions }) => evictions,
  ],
  [
    'vramkeeper_spills_total',
    'Loads that were let go because a part of them was on the CPU.',
    ({ spills }) => spills,
  ],
];

/** @returns what ends the listening to decisions */
export function describeSystem(registry: Registry, sources: SystemSources, model: BoundedLabel): () => void {
  const { system, jobs, subscribers } = sources;
  const registers = [registry];
  const gauge = <T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    fill: (one: Gauge<T>) => void,
  ): void => {
    new Gauge<T>({
      name,
      help,
      labelNames,
      registers,
      collect() {
        // Whatever is not there any more is not told any more.
        this.reset();
        fill(this);
      },
    });
  };

  gauge('vramkeeper_info', 'The version of the server.', ['version'], (one) =>
    one.set({ version: system.version }, 1),
  );
  gauge('vramkeeper_start_time_seconds', 'When the server started, in seconds since 1970.', [], (one) =>
    one.set(system.startedAt / 1000),
  );
  gauge('vramkeeper_paused', '1 while no job is started because the server is paused.', [], (one) =>
    one.set(system.paused ? 1 : 0),
  );
  gauge('vramkeeper_jobs', 'Jobs in the store, by status.', ['status'], (one) => {
    for (const [status, count] of Object.entries(jobs())) one.set({ status }, count);
  });
  gauge('vramkeeper_subscribers', 'Subscriptions that wait for something to happen.', [], (one) =>
    one.set(subscribers()),
  );
  gauge('vramkeeper_problems', 'Problems that a person should look at, by kind.', ['kind'], (one) => {
    for (const { kind } of system.lastingFaults()) one.inc({ kind });
    if (system.storeProblem !== null) one.inc({ kind: 'STORE_UNWRITABLE' });
  });
  describeQueues(gauge, system, model);
  describeBackends(gauge, system, model);
  describeEstimates(gauge, system);

  const total = (name: string, help: string, value: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  for (const [name, help, of] of SWAPS) total(name, help, () => of(system.swaps()));
  total(
    'vramkeeper_swap_overhead_seconds_total',
    'Time that unloads took which made room for another model, beside the time of its load.',
    () => sources.swapOverheadMs() / 1000,
  );
  total(
    'vramkeeper_prompt_tokens_total',
    'Tokens of the prompts that were read.',
    () => sources.tokens().promptTokens,
  );
  total(
    'vramkeeper_completion_tokens_total',
    'Tokens of the answers.',
    () => sources.tokens().completionTokens,
  );
  total('vramkeeper_cost_total', 'What providers took, by the prices in the settings.', () => sources.cost());
  total(
    'vramkeeper_truncated_prompts_total',
    'Prompts that were cut to the context of their model.',
    () => system.truncatedPrompts,
  );
  const decided = new Counter({
    name: 'vramkeeper_decisions_total',
    help: 'What was decided, by kind. `room` is whether it makes room for another model.',
    labelNames: ['kind', 'room'],
    registers,
  });
  return sources.decisions.onAdded(({ kind, inFavourOf }) =>
    decided.inc({ kind, room: String(inFavourOf !== null) }),
  );
}

type Describe = <T extends string>(
  name: string,
  help: string,
  labelNames: readonly T[],
  fill: (one: Gauge<T>) => void,
) => void;

function describeQueues(gauge: Describe, system: SystemView, model: BoundedLabel): void {
  gauge('vramkeeper_waiting_jobs', 'Jobs that wait, by model and priority.', ['model', 'priority'], (one) => {
    for (const { modelName, pending } of system.queues())
      for (const [priority, count] of Object.entries(pending))
        one.inc({ model: model.of(modelName), priority }, count);
  });
  gauge(
    'vramkeeper_oldest_wait_seconds',
    'How long the oldest waiting job of a model has waited.',
    ['model'],
    (one) => {
      for (const [name, ms] of longest(system, model, ({ oldestAgeMs }) => oldestAgeMs))
        one.set({ model: name }, ms / 1000);
    },
  );
  gauge(
    'vramkeeper_backlog_seconds',
    'When all that waits for a model should have started, from now, if nothing else came.',
    ['model'],
    (one) => {
      for (const [name, ms] of longest(system, model, ({ expectedClearMs }) => expectedClearMs))
        one.set({ model: name }, ms / 1000);
    },
  );
}

type Queue = ReturnType<SystemView['queues']>[number];

/** A model has a queue for each of its variants: the longest of them counts. */
function longest(
  system: SystemView,
  model: BoundedLabel,
  of: (queue: Queue) => number | null,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const queue of system.queues()) {
    const value = of(queue);
    const name = model.of(queue.modelName);
    if (value !== null) found.set(name, Math.max(value, found.get(name) ?? 0));
  }
  return found;
}

function describeBackends(gauge: Describe, system: SystemView, model: BoundedLabel): void {
  const each = (look: (backend: BackendState) => void) => {
    for (const backend of system.backends()) look(backend);
  };
  gauge(
    'vramkeeper_backend_health',
    '1 for the health that a backend has, 0 for the others.',
    ['backend', 'health'],
    (one) =>
      each(({ name, health }) => {
        for (const known of HEALTHS) one.set({ backend: name, health: known }, known === health ? 1 : 0);
      }),
  );
  gauge(
    'vramkeeper_gpu_memory_bytes',
    'Memory of a GPU, by what it is for; total = headroom + reserved + foreign + instances + free where nothing is overdrawn.',
    ['backend', 'gpu', 'kind'],
    (one) =>
      each(({ name, gpus }) => {
        for (const { id, usage } of gpus)
          for (const [kind, field] of Object.entries(GPU_BYTES))
            one.set({ backend: name, gpu: id, kind }, usage[field]);
      }),
  );
  gauge(
    'vramkeeper_instances',
    'Models in memory or on their way, by model and state.',
    ['backend', 'model', 'state'],
    (one) =>
      each(({ name, instances }) => {
        for (const { status, variant } of instances)
          one.inc({ backend: name, model: model.of(variant.modelName), state: status });
      }),
  );
  gauge(
    'vramkeeper_slots',
    'Jobs that instances can run at once, and that they run.',
    ['backend', 'model', 'state'],
    (one) =>
      each(({ name, instances }) => {
        for (const { status, variant, config, activeJobs } of instances) {
          const labels = { backend: name, model: model.of(variant.modelName) };
          one.inc({ ...labels, state: 'busy' }, activeJobs);
          if (status === 'READY')
            one.inc({ ...labels, state: 'free' }, Math.max(0, config.parallel - activeJobs));
        }
      }),
  );
  gauge('vramkeeper_cells', 'Server processes of managed backends, by state.', ['backend', 'state'], (one) =>
    each(({ name, cells }) => {
      for (const { status } of cells) one.inc({ backend: name, state: status });
    }),
  );
}

function describeEstimates(gauge: Describe, system: SystemView): void {
  const known = (name: string, help: string, value: () => number | null) =>
    gauge(name, help, [], (one) => {
      const is = value();
      // Without labels it would be 0 otherwise.
      if (is === null) one.remove();
      else one.set(is);
    });
  known(
    'vramkeeper_start_estimate_error_seconds',
    'By how much promised starts were wrong lately, median.',
    () => {
      const { medianErrorMs } = system.startEstimates();
      return medianErrorMs === null ? null : medianErrorMs / 1000;
    },
  );
  known(
    'vramkeeper_work_estimate_error_ratio',
    'By which part of their real time the estimates of jobs were wrong lately, median.',
    () => system.workEstimates().medianError,
  );
  known(
    'vramkeeper_work_estimate_bias_ratio',
    'By which part of their real time the estimates of jobs together were too long lately; negative where too short.',
    () => system.workEstimates().bias,
  );
}
