/** Priorities as people type them. */
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { UsageError } from '../exit.ts';

/** @throws UsageError */
export function parsePriority(text: string): JobPriority {
  const found = JOB_PRIORITIES.find((priority) => priority === text.toUpperCase());
  if (!found) throw new UsageError(`"${text}" is not a priority. Use high, normal or low.`);
  return found;
}
