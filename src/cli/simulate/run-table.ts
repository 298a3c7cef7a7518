/** Runs for people: a line for each policy, the median of its seeds in each column. */
import { formatBytes } from '../../domain/units.ts';
import { percentile, type RunFigures, type SimulatedRun, type Simulation } from '../../simulator/index.ts';
import { type Column, fittedTable } from '../terminal/fitted-table.ts';

interface Figure extends Column {
  value(figures: RunFigures, run: SimulatedRun): number;
  readonly digits: number;
}

const FIGURES: readonly Figure[] = [
  { head: 'SECONDS', right: true, digits: 0, value: (run) => run.makespanSeconds },
  {
    head: '/BOUND',
    right: true,
    digits: 2,
    value: (run) => run.makespanSeconds / run.makespanBoundSeconds,
  },
  { head: 'JOBS/S', right: true, rank: 2, digits: 3, value: (run) => run.jobs / run.makespanSeconds },
  { head: 'LOADS', right: true, digits: 0, value: (run) => run.loads },
  { head: 'MEAN', right: true, digits: 1, value: (run) => run.meanSeconds },
  { head: 'LEAST', right: true, rank: 1, digits: 1, value: (run) => run.leastMeanSeconds },
  { head: 'P50', right: true, rank: 1, digits: 1, value: (run) => run.p50Seconds },
  { head: 'P95', right: true, digits: 1, value: (run) => run.p95Seconds },
  { head: 'P99', right: true, rank: 3, digits: 1, value: (run) => run.p99Seconds },
  { head: 'FAIR', right: true, rank: 4, digits: 2, value: (run) => run.jainIndex },
  { head: 'DECIDES', right: true, rank: 0, digits: 2, value: (run) => run.decisionP99Ms },
];

const CAPACITY: Figure = {
  head: 'CAPACITY',
  right: true,
  digits: 2,
  value: (_, { capacityTimes }) => capacityTimes ?? Number.NaN,
};

export function runTable(
  runs: readonly SimulatedRun[],
  simulation: Simulation,
  width: number | null,
): string {
  const [first] = runs;
  if (!first) return '';
  const { p95Seconds } = simulation;
  const shown = p95Seconds === undefined ? FIGURES : [...FIGURES, CAPACITY];
  const capacity =
    p95Seconds === undefined
      ? ''
      : ` CAPACITY is how many times as fast the jobs may come for 95 % of them to be done within ${p95Seconds} s.`;
  const byPolicy = Map.groupBy(runs, ({ figures }) => figures.policy);
  const rows = [...byPolicy].map(([policy, own]) => [
    policy,
    ...shown.map(({ value, digits }) => median(own.map((run) => value(run.figures, run))).toFixed(digits)),
  ]);
  const about = aboutRuns(first, simulation);
  return `${about}\n\n${fittedTable([{ head: 'POLICY' }, ...shown], rows, width)}\n\nTimes in seconds; DECIDES is the 99th percentile of a decision in milliseconds.${capacity}`;
}

/** What was run, in one line. */
export function aboutRuns({ workload }: SimulatedRun, { server, machine, seeds }: Simulation): string {
  const cards = machine.gpuBytes.map(formatBytes).join(' + ');
  const over = seeds.length === 1 ? `seed ${seeds[0]}` : `medians of ${seeds.length} seeds`;
  return `${workload.name}: ${workload.jobs.length} jobs, ${cards}, ${server}, ${over}`;
}

function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}
