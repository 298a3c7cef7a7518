/** How many times as fast jobs may come before too many of them take too long: what a machine, or a policy, gives people. */
import { InvalidSimulationError } from './errors.ts';
import type { Workload } from './workload/workload.ts';

/** What is looked at: from a 64th of the given rate to 64 times it, to within 3 %. */
const MOST_TIMES = 64;
const CLOSE_ENOUGH = 1.03;

/**
 * The most times as fast; 0 where even a 64th of it is too much, and 64 where that is still fine.
 * @param isFine whether that many times as fast can be borne; taken to be so for less where it is so for more
 */
export function capacityOf(isFine: (times: number) => boolean): number {
  let fine = 1;
  let tooMuch = 1;
  if (isFine(1)) {
    while (isFine(2 * fine)) {
      fine *= 2;
      if (fine >= MOST_TIMES) return MOST_TIMES;
    }
    tooMuch = 2 * fine;
  } else {
    do {
      tooMuch = fine;
      fine /= 2;
      if (fine < 1 / MOST_TIMES) return 0;
    } while (!isFine(fine));
  }
  while (tooMuch / fine > CLOSE_ENOUGH) {
    const between = Math.sqrt(fine * tooMuch);
    if (isFine(between)) fine = between;
    else tooMuch = between;
  }
  return fine;
}

/** The same jobs, so many times as fast one after the other. @throws InvalidSimulationError when all are there at the start */
export function faster(workload: Workload, times: number): Workload {
  if (workload.jobs.every(({ arrivalMs }) => arrivalMs === 0))
    throw new InvalidSimulationError(
      `All jobs of ${workload.name} are there at the start, so they cannot come faster. Give --p95 with a workload that comes one by one, such as poisson, or with recorded jobs.`,
    );
  const jobs = workload.jobs.map((job) => ({ ...job, arrivalMs: job.arrivalMs / times }));
  return { ...workload, jobs };
}
