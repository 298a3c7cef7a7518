/** The workloads of the bench. */
import { GiB } from '../../src/domain/units.ts';
import { USUAL_MACHINE } from '../../src/simulator/index.ts';
import type { Scene } from './cells.ts';

const OPEN_JOBS = 1_600;

const open = (ratePerSecond: number): Scene => ({
  workload: 'poisson',
  settings: { jobs: OPEN_JOBS, ratePerSecond },
});

export const BACKLOG: Scene = { workload: 'backlog' };
export const SATURATED: Scene = open(0.28);
export const SATURATED_MIXED: Scene = {
  workload: 'poisson',
  settings: { jobs: OPEN_JOBS, ratePerSecond: 0.28, priorities: 'mixed' },
};
export const MEDIUM: Scene = open(0.16);
export const LOW: Scene = open(0.08);
export const FLOOD: Scene = { workload: 'flood' };
export const PEOPLE: Scene = { workload: 'people' };
export const MANY_MODELS: Scene = {
  workload: 'backlog',
  settings: { jobs: 800, models: 200 },
  machine: { ...USUAL_MACHINE, gpuBytes: [1, 2, 3, 4].map(() => 80 * GiB) },
};

/** Every generated workload with equal priorities. */
export const EQUAL: readonly (readonly [string, Scene])[] = [
  ['backlog', BACKLOG],
  ['poisson 0.08/s', LOW],
  ['poisson 0.16/s', MEDIUM],
  ['poisson 0.28/s', SATURATED],
  ['poisson, zipf 0.6', { workload: 'poisson', settings: { zipf: 0.6 } }],
  ['poisson, zipf 1.4', { workload: 'poisson', settings: { zipf: 1.4 } }],
  ['chains', { workload: 'chains' }],
  ['agents', { workload: 'agents' }],
  ['flood', FLOOD],
  ['one too many', { workload: 'one-too-many', settings: { models: 4 } }],
  ['cold models', { workload: 'cold-models' }],
];
