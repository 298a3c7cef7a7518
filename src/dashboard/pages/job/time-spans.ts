/** The life of a job as spans that follow one another, from its submission until now or its end. */
import type { JobFactsFragment, WaitReason } from '../../generated/graphql.ts';

export interface TimeSpan {
  readonly kind: 'waited' | 'ran' | 'failed';
  readonly name: string;
  /** In ms of the server's time. */
  readonly from: number;
  readonly to: number;
}

/** What was waited for, after "waited". */
export const WAITED_FOR: Readonly<Record<WaitReason, string>> = {
  BACKEND_DOWN: 'for its server',
  CLIENT_LIMIT: 'at its client’s limit',
  LOADING: 'for its model to load',
  MODEL_UNAVAILABLE: 'for its model to be there',
  QUEUE_ORDER: 'for its turn',
  RETRY_DELAY: 'before another try',
  SCHEDULER_PAUSED: 'while paused',
  SWAP_NOT_WORTH: 'for others to be done',
  VRAM: 'for memory',
};

export function timeSpans(job: JobFactsFragment, now: number): readonly TimeSpan[] {
  const end = job.finishedAt == null ? Math.max(now, Date.parse(job.createdAt)) : Date.parse(job.finishedAt);
  const spans: TimeSpan[] = [];
  let at = Date.parse(job.createdAt);
  const waitUntil = (to: number) => {
    for (const wait of job.waits) {
      const [from, until] = [
        Date.parse(wait.from),
        Math.min(to, wait.to == null ? end : Date.parse(wait.to)),
      ];
      if (from < at || until <= from) continue;
      if (from > at) spans.push({ kind: 'waited', name: 'waited', from: at, to: from });
      spans.push({ kind: 'waited', name: `waited ${WAITED_FOR[wait.reason]}`, from, to: until });
      at = until;
    }
    if (to > at) spans.push({ kind: 'waited', name: 'waited', from: at, to });
    at = Math.max(at, to);
  };
  for (const { number, startedAt, finishedAt, failure } of job.attempts) {
    waitUntil(Date.parse(startedAt));
    const to = finishedAt == null ? end : Date.parse(finishedAt);
    const name = job.attempts.length > 1 ? `attempt ${number}` : 'ran';
    spans.push({ kind: failure ? 'failed' : 'ran', name, from: at, to: Math.max(at, to) });
    at = Math.max(at, to);
  }
  waitUntil(end);
  return spans;
}
