/** Jobs of one bucket that are about to be there, as numbers: each more or less costs the logarithm of how many they are. */
import type { Bucket } from './bucket.ts';
import { MinHeap } from './min-heap.ts';

export interface ExpectedJob {
  /** When it came, epoch milliseconds. */
  readonly at: number;
  isOver: boolean;
}

export type BucketNumbers = Pick<Bucket, 'count' | 'createdAtSum' | 'oldestCreatedAt'>;

export const NO_JOBS: BucketNumbers = { count: 0, createdAtSum: 0, oldestCreatedAt: null };

export class ExpectedJobs {
  #count = 0;
  #sum = 0;
  /** Some are over. */
  readonly #byAge = new MinHeap<ExpectedJob>([], (a, b) => a.at < b.at);

  get numbers(): BucketNumbers {
    while (this.#byAge.first?.isOver) this.#byAge.pop();
    return {
      count: this.#count,
      createdAtSum: this.#sum,
      oldestCreatedAt: this.#byAge.first?.at ?? null,
    };
  }

  add(job: ExpectedJob): void {
    this.#count += 1;
    this.#sum += job.at;
    this.#byAge.push(job);
  }

  /** Of one that is over. */
  drop({ at }: ExpectedJob): void {
    this.#count -= 1;
    this.#sum -= at;
  }
}
