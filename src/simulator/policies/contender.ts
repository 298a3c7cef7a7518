/** What takes part in a simulated run: it hears of jobs as they arrive, and has them done by a machine. */
import type { Clock, Random } from '../../clock.ts';
import type { Machine } from '../machine/machine.ts';
import type { SimulatedJob, Workload } from '../workload/workload.ts';

/** The two real kinds: one Ollama that somebody else runs, or a process for each model. */
export type ServerKind = 'attached' | 'managed';

export const SERVER_KINDS = ['attached', 'managed'] as const satisfies readonly ServerKind[];

/** What it gets to work with. */
export interface Stage {
  readonly clock: Clock;
  readonly random: Random;
  readonly machine: Machine;
  readonly server: ServerKind;
  /** Only who may know the future looks at its jobs. */
  readonly workload: Workload;
  /** To be called when a job gets its slot. */
  started(job: SimulatedJob): void;
  /** To be called when it has ended. */
  done(job: SimulatedJob): void;
  /** To be called by who foresees, as a job comes, when it should start, in milliseconds since the start of the run. */
  foreseen(job: SimulatedJob, startMs: number): void;
  /** Runs a decision and keeps how long it took. */
  timed(decision: () => void): void;
}

export interface Contender {
  /** Called once for each job. */
  arrive(job: SimulatedJob): void;
}

export type ContenderFactory = (stage: Stage) => Contender;
