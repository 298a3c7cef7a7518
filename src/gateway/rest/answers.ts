/** Jobs and the state of the server in the words of ModelManager's REST. */
import type { JobCounts, JobResult, JobStatus } from '../../domain/job.ts';
import { withoutAbsent } from '../../domain/json.ts';
import type { SystemView } from '../../domain/system.ts';
import type { JobEnd } from '../../events/job-end.ts';
import { healthOf } from '../../view/health.ts';
import type { OwnJob } from '../../view/own-jobs.ts';
import type { HealthAnswer, JobAnswer, RestStatus, StatsAnswer } from './shapes.ts';

const STATUS: Readonly<Record<JobStatus, RestStatus>> = {
  PENDING: 'pending',
  QUEUED: 'queued',
  RUNNING: 'running',
  COMPLETE: 'complete',
  FAILED: 'failed',
  CANCELLED: 'failed',
};

export function jobAnswer({ job, end }: OwnJob): JobAnswer {
  return withoutAbsent({
    job_id: job.id,
    status: STATUS[job.status],
    model: job.modelName,
    result: end?.result ? resultOf(end, end.result) : undefined,
    error: job.status === 'CANCELLED' ? 'The job was cancelled.' : job.failure?.message,
    submitted_at: new Date(job.createdAt).toISOString(),
    completed_at: job.finishedAt === null ? undefined : new Date(job.finishedAt).toISOString(),
  }) as JobAnswer;
}

function resultOf({ texts }: JobEnd, result: JobResult): JobAnswer['result'] {
  switch (result.kind) {
    case 'text':
      return texts.TEXT;
    case 'embed': {
      const pieces = result.vectors.pieces.map(({ bytes }) => Buffer.from(bytes).toString('utf8'));
      const vectors: number[][] = JSON.parse(`[${pieces.join(',')}]`);
      return vectors.length === 1 ? vectors[0] : vectors;
    }
    default:
      return result satisfies never;
  }
}

export function statsAnswer(
  system: Pick<SystemView, 'paused' | 'usage' | 'backends'>,
  counts: JobCounts,
): StatsAnswer {
  const by_status = { pending: 0, queued: 0, running: 0, complete: 0, failed: 0 };
  for (const [status, count] of Object.entries(counts)) by_status[STATUS[status as JobStatus]] += count;
  const { totalBytes, usedBytes, freeBytes } = system.usage();
  const held = system.backends().flatMap(({ instances }) => instances);
  const loaded = held.filter(({ status }) => status !== 'LOADING').map(({ variant }) => variant.modelName);
  return {
    running: !system.paused,
    queue: { total_jobs: Object.values(counts).reduce((sum, count) => sum + count, 0), by_status },
    resources: {
      vram: { total: totalBytes, used: usedBytes, free: freeBytes },
      loaded_models: [...new Set(loaded)].sort(),
    },
  };
}

const HEALTH = { HEALTHY: 'healthy', DEGRADED: 'degraded', STALLED: 'stalled' } as const;

export function healthAnswer(system: SystemView): HealthAnswer {
  const { status, problems } = healthOf(system);
  return { status: HEALTH[status], problems: problems.map(({ code, message }) => ({ code, message })) };
}
