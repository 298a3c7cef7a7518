/**
 * Jobs on their way to the queue. One that is served at once counts in the backlog before it is committed: so the scheduler claims it while the
 * writes of the same tick are gathered, and one commit accepts it and claims it. It counts as expected until the commit that has it is told, or until it is known
 * that it was not taken.
 */
import type { Clock } from '../clock.ts';
import type { ArrivalListener } from '../domain/arrival-listener.ts';
import type { Backlog } from '../domain/backlog.ts';
import type { JobId } from '../domain/ids.ts';
import type { JobChange } from '../domain/store.ts';
import { hasLargeText } from './handing-over.ts';
import type { EncodedSubmission } from './operation.ts';

export class Arrivals {
  readonly #backlog: Backlog;
  readonly #clock: Pick<Clock, 'now'>;
  #listener: ArrivalListener | null = null;
  /** What takes each expected job off the backlog again. */
  readonly #expected = new Map<JobId, () => void>();

  constructor(backlog: Backlog, clock: Pick<Clock, 'now'>) {
    this.#backlog = backlog;
    this.#clock = clock;
  }

  follow(listener: ArrivalListener): () => void {
    this.#listener = listener;
    return () => {
      if (this.#listener === listener) this.#listener = null;
    };
  }

  /**
   * A batch, and what may turn out to be an earlier submission, counts when it is there. So does one with a large text, which takes some ticks to be handed over: its claim
   * would come before it.
   */
  expect({ jobs: [job, ...others], batch, idempotency, takesUp }: EncodedSubmission): void {
    if (!job || others.length > 0 || batch || idempotency || takesUp || hasLargeText(job.request)) return;
    if (this.#listener?.arriving(job))
      this.#expected.set(job.id, this.#backlog.expect(job, this.#clock.now()));
  }

  /** The submission was answered. */
  over({ jobs }: EncodedSubmission): void {
    for (const { id } of jobs) this.#drop(id);
  }

  /** Before the numbers of a commit are applied. */
  committed(changes: readonly JobChange[]): void {
    if (this.#expected.size === 0) return;
    for (const { job, previousStatus } of changes) if (previousStatus === null) this.#drop(job.id);
  }

  /** The writes of a tick are about to go to the disk. */
  gathered(): void {
    this.#listener?.gathered();
  }

  #drop(id: JobId): void {
    this.#expected.get(id)?.();
    this.#expected.delete(id);
  }
}
