/** A deadline that cannot be kept, by all that is known. */
import { VramkeeperError } from './errors.ts';
import { formatDuration } from './units.ts';

/** What becomes of a job whose deadline is hopeless: it is refused, taken with a word about it, or taken like any other. */
export const HOPELESS_DEADLINES = ['refuse', 'flag', 'ignore'] as const;
export type HopelessDeadlines = (typeof HOPELESS_DEADLINES)[number];

export class HopelessDeadlineError extends VramkeeperError {
  readonly code = 'DEADLINE_HOPELESS';
  /** Both epoch milliseconds. */
  readonly deadline: number;
  readonly expectedEnd: number;

  constructor(deadline: number, expectedEnd: number) {
    super(
      `The job should end ${formatDuration(expectedEnd - deadline)} after its deadline, by what waits now. Give it more time or a higher priority, or send it later.`,
    );
    this.deadline = deadline;
    this.expectedEnd = expectedEnd;
  }
}
