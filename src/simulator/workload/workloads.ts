/** Every generated workload by its name on the command line. */
import { seededRandom } from '../../clock.ts';
import { Draws } from './draws.ts';
import type { Generator, WorkloadSettings } from './generated.ts';
import { backlog, poisson } from './open-arrivals.ts';
import type { Workload } from './workload.ts';

interface NamedWorkload {
  /** For people. */
  readonly about: string;
  readonly generate: Generator;
}

export const WORKLOADS = {
  backlog: { about: 'all jobs are there at the start', generate: backlog },
  poisson: { about: 'jobs come one by one, at any time as likely as at another', generate: poisson },
} as const satisfies Readonly<Record<string, NamedWorkload>>;

export type WorkloadName = keyof typeof WORKLOADS;

export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as readonly WorkloadName[];

export function isWorkloadName(text: string): text is WorkloadName {
  return Object.hasOwn(WORKLOADS, text);
}

/** The same settings and seed give the same jobs. */
export function generate(name: WorkloadName, settings: WorkloadSettings, seed: number): Workload {
  return WORKLOADS[name].generate(settings, new Draws(seededRandom(seed)));
}
