/** Every generated workload by its name on the command line. */
import { seededRandom } from '../../clock.ts';
import { coldModels, flood, oneTooMany } from './adversaries.ts';
import { agents, chains } from './closed-loops.ts';
import { Draws } from './draws.ts';
import type { Generator, WorkloadSettings } from './generated.ts';
import { backlog, poisson } from './open-arrivals.ts';
import { people } from './people.ts';
import type { Workload } from './workload.ts';

interface NamedWorkload {
  /** For people. */
  readonly about: string;
  readonly generate: Generator;
}

export const WORKLOADS = {
  backlog: { about: 'all jobs are there at the start', generate: backlog },
  poisson: { about: 'jobs come one by one, at any time as likely as at another', generate: poisson },
  chains: { about: 'bursts of questions that go through three models one after the other', generate: chains },
  agents: { about: 'eight clients, each of which waits for its answer', generate: agents },
  flood: { about: 'one client with most of the jobs at the start, and five with a few', generate: flood },
  'one-too-many': { about: 'one model more than there is room for, in turns', generate: oneTooMany },
  'cold-models': {
    about: 'each second a job of one token for the model used longest ago',
    generate: coldModels,
  },
  people: { about: 'agents, jobs by the clock, embeddings and chats on two models', generate: people },
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
