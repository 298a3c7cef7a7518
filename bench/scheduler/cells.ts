/** Simulated runs of the bench, each made once however many rows ask for it. */
import { systemClock } from '../../src/clock.ts';
import {
  boundsOf,
  type ContenderFactory,
  figuresOf,
  generate,
  type History,
  type MachineSettings,
  percentile,
  type RunFigures,
  run,
  type ServerKind,
  USUAL_MACHINE,
  type Workload,
  type WorkloadName,
  type WorkloadSettings,
} from '../../src/simulator/index.ts';

/** What is run. */
export interface Scene {
  readonly workload: WorkloadName | ((seed: number) => Workload);
  readonly settings?: Partial<Omit<WorkloadSettings, 'machine'>>;
  readonly machine?: MachineSettings;
}

export interface Rival {
  readonly name: string;
  readonly policy: ContenderFactory;
  readonly server: ServerKind;
}

export interface Cell {
  readonly figures: RunFigures;
  readonly history: History;
}

const USUAL: Omit<WorkloadSettings, 'machine'> = {
  jobs: 400,
  ratePerSecond: 0.16,
  models: 12,
  zipf: 1,
  priorities: 'equal',
};

export class Cells {
  readonly #seeds: readonly number[];
  readonly #made = new Map<Scene, Map<string, readonly Cell[]>>();

  constructor(seeds: number) {
    this.#seeds = Array.from({ length: seeds }, (_, i) => i + 1);
  }

  /** One for each seed. @param seeds at most so many of them, where a run takes long */
  of(scene: Scene, rival: Rival, seeds = Number.POSITIVE_INFINITY): readonly Cell[] {
    const ofScene = this.#made.get(scene) ?? new Map<string, readonly Cell[]>();
    this.#made.set(scene, ofScene);
    const key = `${rival.name} ${rival.server}`;
    const known = ofScene.get(key);
    if (known) return known;
    const cells = this.#seeds.slice(0, seeds).map((seed) => runCell(scene, rival, seed));
    ofScene.set(key, cells);
    return cells;
  }

  /** The median over the seeds. */
  median(scene: Scene, rival: Rival, of: (cell: Cell) => number, seeds?: number): number {
    return medianOf(this.of(scene, rival, seeds).map(of));
  }
}

export function medianOf(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** So sure it is that the true median lies between the two. */
const CONFIDENCE = 0.95;

/**
 * Between which two of the values the median lies, by their ranks alone: as many of them lie above the true one as a fair coin shows heads. Null for fewer
 * than six, which cannot say so much.
 */
export function intervalOf(values: readonly number[]): readonly [number, number] | null {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  let atMost = 0;
  let ways = 1;
  for (let below = 0; below < n / 2; below += 1) {
    atMost += ways / 2 ** n;
    if (2 * atMost > 1 - CONFIDENCE)
      return below === 0 ? null : [sorted[below - 1] ?? Number.NaN, sorted[n - below] ?? Number.NaN];
    ways = (ways * (n - below)) / (below + 1);
  }
  return null;
}

export function workloadOf({ workload, settings, machine = USUAL_MACHINE }: Scene, seed: number): Workload {
  if (typeof workload === 'function') return workload(seed);
  return generate(workload, { ...USUAL, ...settings, machine }, seed);
}

function runCell(scene: Scene, { name, policy, server }: Rival, seed: number): Cell {
  const { machine = USUAL_MACHINE } = scene;
  const workload = workloadOf(scene, seed);
  const history = run(policy, { workload, machine, server, seed, stopwatch: systemClock });
  const figures = figuresOf(history, boundsOf(workload, machine, server), {
    workload: workload.name,
    policy: name,
    seed,
  });
  return { figures, history };
}
