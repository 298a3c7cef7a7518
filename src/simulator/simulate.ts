/** Workloads through policies, seed by seed: every policy gets the same jobs of a seed. */
import type { Clock } from '../clock.ts';
import { formatBytes } from '../domain/units.ts';
import { capacityOf, faster } from './capacity.ts';
import { InvalidSimulationError } from './errors.ts';
import { type Bounds, boundsOf } from './figures/bounds.ts';
import { figuresOf, percentile, type RunFigures, secondsOf } from './figures/figures.ts';
import type { History } from './history.ts';
import type { MachineSettings } from './machine/settings.ts';
import type { ServerKind } from './policies/contender.ts';
import { POLICIES, type PolicyName } from './policies/policies.ts';
import { run } from './run.ts';
import { mostCardBytes } from './workload/generated.ts';
import type { Workload } from './workload/workload.ts';

export interface Simulation {
  readonly policies: readonly PolicyName[];
  readonly server: ServerKind;
  readonly machine: MachineSettings;
  readonly seeds: readonly number[];
  /** How many times as fast the jobs may come so that 95 % of them are done within so many seconds is looked for as well. Absent: it is not. */
  readonly p95Seconds?: number | undefined;
  /** The jobs of a seed; the same ones for all seeds where they were recorded. */
  workload(seed: number): Workload;
}

export interface SimulatedRun {
  readonly figures: RunFigures;
  readonly bounds: Bounds;
  readonly history: History;
  readonly workload: Workload;
  /** How many times as fast the jobs may come; null where that was not asked. */
  readonly capacityTimes: number | null;
}

/**
 * One run for each seed and policy, as they end.
 * @throws InvalidSimulationError when there are no jobs, or a model fits on no card; SimulationStuckError
 */
export function* simulate(
  { policies, server, machine, seeds, workload: workloadOf, p95Seconds }: Simulation,
  stopwatch: Pick<Clock, 'monotonic'>,
): Generator<SimulatedRun> {
  for (const seed of seeds) {
    const workload = workloadOf(seed);
    check(workload, machine);
    const bounds = boundsOf(workload, machine, server);
    for (const policy of policies) {
      const history = run(POLICIES[policy], { workload, machine, server, seed, stopwatch });
      const figures = figuresOf(history, bounds, { workload: workload.name, policy, seed });
      const p95Of = (times: number) => {
        const jobs = faster(workload, times);
        const { jobs: done } = run(POLICIES[policy], { workload: jobs, machine, server, seed, stopwatch });
        return percentile(secondsOf(done), 0.95);
      };
      const capacityTimes =
        p95Seconds === undefined ? null : capacityOf((times) => p95Of(times) <= p95Seconds);
      yield { figures, bounds, history, workload, capacityTimes };
    }
  }
}

function check({ name, jobs, models }: Workload, machine: MachineSettings): void {
  if (jobs.length === 0) throw new InvalidSimulationError(`${name} has no jobs to simulate.`);
  const card = mostCardBytes(machine);
  const used = new Set(jobs.map(({ model }) => model));
  const tooLarge = models.find((model) => used.has(model.name) && model.bytes > card);
  if (tooLarge)
    throw new InvalidSimulationError(
      `${tooLarge.name} takes ${formatBytes(tooLarge.bytes)}, and the largest card has ${formatBytes(card)}. Name larger ones with --gpu, such as --gpu 80GiB.`,
    );
}
