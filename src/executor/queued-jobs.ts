/** Jobs that were claimed for an instance which is not ready yet, until they run there, go back to the queue, or have no time left. */
import type { InstanceId } from '../domain/ids.ts';
import type { ClaimedJob } from '../domain/store.ts';
import { atDeadline, DEADLINE_PASSED } from './deadline.ts';
import type { ExecutorDependencies } from './dependencies.ts';
import type { HeldClaims } from './held-claims.ts';
import type { HeldInstance } from './held-instance.ts';
import type { Insistence } from './insistence.ts';

export interface QueuedJobsOptions {
  readonly deps: Pick<ExecutorDependencies, 'store' | 'clock' | 'reports' | 'courses'>;
  readonly insistence: Insistence;
  readonly claims: HeldClaims;
  /** Carries work out that nobody waits for. */
  readonly task: (work: () => Promise<void>) => void;
  readonly run: (instance: HeldInstance, claimed: ClaimedJob) => void;
}

export class QueuedJobs {
  readonly #options: QueuedJobsOptions;

  constructor(options: QueuedJobsOptions) {
    this.#options = options;
  }

  wait(instance: HeldInstance, claimed: ClaimedJob): void {
    const { deps, insistence, task } = this.#options;
    const { job } = claimed;
    const deadline = atDeadline(job, deps.clock, () => {
      if (!instance.dropWaiting(job.id)) return;
      const end = { ...fenced(claimed), kind: 'fail', failure: DEADLINE_PASSED, attempt: null } as const;
      task(async () => {
        const course = deps.courses.ended(job);
        await insistence.on(() => deps.store.finish({ ...end, output: [], course }));
        this.left(instance.instanceId, claimed);
      });
    });
    instance.waiting.set(job.id, { claimed, deadline });
  }

  /** The instance is ready: they run. */
  async begin(instance: HeldInstance): Promise<void> {
    const { deps, insistence, claims, run } = this.#options;
    const waiting = instance.takeWaiting();
    if (waiting.length === 0) return;
    const begun = await insistence.on(() => deps.store.begin(waiting.map(({ job }) => job)));
    const running = new Map(begun.map((job) => [job.id, job]));
    for (const one of waiting) {
      const job = running.get(one.job.id);
      if (job && claims.hold(job)) run(instance, { ...one, job });
      else this.left(instance.instanceId, one);
    }
  }

  /** Jobs that never ran lose nothing. Whether another load can help them is not decided here. */
  async giveBack(instance: HeldInstance): Promise<void> {
    await this.returnToQueue(instance.instanceId, instance.takeWaiting());
  }

  async returnToQueue(instanceId: InstanceId, claimed: readonly ClaimedJob[]): Promise<void> {
    if (claimed.length === 0) return;
    const { deps, insistence } = this.#options;
    const returns = claimed.map((one) => ({ ...fenced(one), attempt: null, counts: false, delayMs: 0 }));
    await insistence.on(() => deps.store.returnToQueue(returns));
    for (const one of claimed) this.left(instanceId, one);
  }

  /** Tells that it is not on the instance any more, where it never ran. */
  left(instanceId: InstanceId, { job }: ClaimedJob): void {
    const { id: jobId, client } = job;
    const never = { ranMs: 0, evidence: 'none', succeeded: false } as const;
    this.#options.deps.reports.left({ instanceId, jobId, client, ...never });
  }
}

function fenced({ job }: ClaimedJob) {
  return { id: job.id, fence: job.fence };
}
