/** Wiring of what is known of the waiting of jobs. */
import type { Clock } from '../clock.ts';
import type { JobWaiting } from '../domain/decision.ts';
import type { Job } from '../domain/job.ts';
import type { Store } from '../domain/store.ts';
import { explainQueue } from '../view/explain-job.ts';
import { JobCourses } from '../view/job-courses.ts';
import type { Scheduling } from './scheduling/scheduling.ts';

export interface CourseParts {
  readonly store: Pick<Store, 'backlog'>;
  /** It is told of courses itself, so it is not there yet. */
  readonly scheduling: () => Pick<Scheduling, 'loop' | 'executor' | 'registry'>;
  readonly explain: (job: Job) => JobWaiting | null;
  readonly clock: Clock;
}

export function buildCourses({ store: { backlog }, scheduling, explain, clock }: CourseParts): JobCourses {
  return new JobCourses({
    queues: () => backlog.queues().map(({ queue }) => queue),
    clientsAtLimit: () => backlog.held.clients,
    explainQueue: (queue) => {
      const { loop, executor, registry } = scheduling();
      return explainQueue({ loop, executor, registry, backlog, clock }, queue);
    },
    explain,
    clock,
  });
}
