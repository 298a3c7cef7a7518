/** The caller's side of what is read of waiting jobs. */
import type { JobFilter } from '../domain/job-filter.ts';
import type { ReadScope } from '../domain/store.ts';
import type { WaitingBuckets, WaitingJobs, WaitingQuery, WaitingReads } from '../domain/waiting.ts';
import { encodeFilter, encodePick, pageLimit } from './encode.ts';
import type { Calls } from './file-room.ts';

export class WaitingRoom implements WaitingReads {
  readonly #calls: Pick<Calls, 'read'>;

  constructor(calls: Pick<Calls, 'read'>) {
    this.#calls = calls;
  }

  buckets(filter: JobFilter, scope?: ReadScope): Promise<WaitingBuckets> {
    return this.#calls.read('waitingBuckets', encodeFilter(filter), scope);
  }

  jobs({ picks, ofPicks, others, limit }: WaitingQuery, scope?: ReadScope): Promise<WaitingJobs> {
    const query = {
      picks: picks.map(encodePick),
      ofPicks: encodeFilter(ofPicks),
      others: encodeFilter(others),
      limit: pageLimit(limit),
    };
    return this.#calls.read('waitingJobs', query, scope);
  }
}
