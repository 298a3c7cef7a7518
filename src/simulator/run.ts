/** One workload, one policy, one machine, from the first arrival to the last end. The same seed gives the same run. */
import { type Clock, seededRandom } from '../clock.ts';
import { SimulationStuckError } from './errors.ts';
import { EventClock } from './event-clock.ts';
import { leastMs } from './figures/least.ts';
import type { Finished, History } from './history.ts';
import { Machine } from './machine/machine.ts';
import type { MachineSettings } from './machine/settings.ts';
import type { ContenderFactory, ServerKind, Stage } from './policies/contender.ts';
import type { SimulatedJob, Workload } from './workload/workload.ts';

/** A run in which nothing has begun or ended for so long will not go on. */
const STUCK_MS = 86_400_000;

export interface RunParts {
  readonly workload: Workload;
  readonly machine: MachineSettings;
  readonly server: ServerKind;
  readonly seed: number;
  /** For the time that decisions take. */
  readonly stopwatch: Pick<Clock, 'monotonic'>;
}

/** @throws SimulationStuckError when jobs are left that nobody will do */
export function run(contender: ContenderFactory, parts: RunParts): History {
  return new Run(contender, parts).history();
}

class Run {
  readonly #clock = new EventClock();
  readonly #machine: Machine;
  readonly #workload: Workload;
  readonly #stopwatch: Pick<Clock, 'monotonic'>;
  readonly #arrive: (job: SimulatedJob) => void;
  readonly #followers: ReadonlyMap<number | null, readonly SimulatedJob[]>;
  readonly #arrivedMs = new Map<number, number>();
  readonly #startedMs = new Map<number, number>();
  readonly #foreseenMs = new Map<number, number>();
  readonly #ended: Finished[] = [];
  readonly #decisionMs: number[] = [];
  #progressMs = 0;

  constructor(contender: ContenderFactory, { workload, machine, server, seed, stopwatch }: RunParts) {
    this.#workload = workload;
    this.#stopwatch = stopwatch;
    this.#machine = new Machine(this.#clock, machine);
    this.#followers = Map.groupBy(workload.jobs, ({ after }) => after);
    const stage: Stage = {
      clock: this.#clock,
      random: seededRandom(seed),
      machine: this.#machine,
      server,
      workload,
      started: (job) => this.#started(job),
      done: (job) => this.#done(job),
      foreseen: (job, startMs) => this.#foreseenMs.set(job.number, startMs),
      timed: (decision) => this.#timed(decision),
    };
    const made = contender(stage);
    this.#arrive = (job) => made.arrive(job);
  }

  history(): History {
    this.#release(null);
    const { jobs } = this.#workload;
    while (this.#ended.length < jobs.length) {
      const isWaiting = this.#arrivedMs.size > this.#ended.length;
      const isStuck = isWaiting && this.#clock.monotonic() - this.#progressMs > STUCK_MS;
      if (!isStuck && this.#clock.step()) continue;
      const left = jobs.find(({ number }) => !this.#startedMs.has(number));
      throw new SimulationStuckError(
        `${jobs.length - this.#ended.length} of ${jobs.length} jobs are never done, the first of them for ${left?.model ?? 'a model that is gone'}. Give the machine a card that its model fits on (--gpu).`,
      );
    }
    const { stays, settings } = this.#machine;
    const least = leastMs({ jobs: this.#ended, stays, models: this.#workload.models, machine: settings });
    const records = this.#ended.map((one, i) => ({ ...one, leastMs: least[i] ?? 0 }));
    return { jobs: records, stays, decisionMs: this.#decisionMs };
  }

  /** Those that wait for this job, or for none, arrive. */
  #release(after: number | null): void {
    for (const job of this.#followers.get(after) ?? []) {
      this.#clock.after(job.arrivalMs, () => {
        const nowMs = this.#clock.monotonic();
        this.#progressMs = nowMs;
        this.#arrivedMs.set(job.number, nowMs);
        this.#arrive(job);
      });
    }
  }

  #started(job: SimulatedJob): void {
    this.#progressMs = this.#clock.monotonic();
    this.#startedMs.set(job.number, this.#progressMs);
  }

  #done(job: SimulatedJob): void {
    const doneMs = this.#clock.monotonic();
    this.#progressMs = doneMs;
    const arrivedMs = this.#arrivedMs.get(job.number) ?? doneMs;
    const startedMs = this.#startedMs.get(job.number) ?? doneMs;
    const foreseenMs = this.#foreseenMs.get(job.number) ?? null;
    this.#ended.push({ job, arrivedMs, startedMs, doneMs, foreseenMs });
    this.#release(job.number);
  }

  #timed(decision: () => void): void {
    const startedMs = this.#stopwatch.monotonic();
    decision();
    this.#decisionMs.push(this.#stopwatch.monotonic() - startedMs);
  }
}
