/** Pages of an ordered list, whatever holds the jobs. */
import type { Job } from '../domain/job.ts';
import type { JobFilter } from '../domain/job-filter.ts';
import {
  type JobOrder,
  type JobPage,
  type JobPosition,
  type JobQuery,
  jobPosition,
} from '../domain/store.ts';

/** Walk the matching jobs in `order`, from just after `start` to just before `end`, and take the first `limit`. */
export interface Walk {
  readonly filter: JobFilter;
  readonly order: JobOrder;
  readonly start: JobPosition | undefined;
  readonly end: JobPosition | undefined;
  readonly limit: number;
}

export function pageOf(query: JobQuery, walk: (walk: Walk) => readonly Job[]): JobPage {
  const { filter, order } = query;
  const backwards: JobOrder = { field: order.field, direction: order.direction === 'ASC' ? 'DESC' : 'ASC' };
  const exists = (direction: JobOrder, start: JobPosition) =>
    walk({ filter, order: direction, start, end: undefined, limit: 1 }).length > 0;

  const taken = query.fromEnd
    ? walk({
        filter,
        order: backwards,
        start: query.before,
        end: query.after,
        limit: query.limit,
      }).toReversed()
    : walk({ filter, order, start: query.after, end: query.before, limit: query.limit });
  const first = taken.at(0);
  const last = taken.at(-1);
  const firstPosition = first ? jobPosition(first, order.field) : query.before;
  const lastPosition = last ? jobPosition(last, order.field) : query.after;
  return {
    jobs: taken,
    hasPrevious: firstPosition !== undefined && exists(backwards, firstPosition),
    hasNext: lastPosition !== undefined && exists(order, lastPosition),
  };
}
