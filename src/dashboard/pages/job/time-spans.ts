/** The life of a job as spans that follow one another, from its submission until now or its end. */
import type { JobFactsFragment } from '../../generated/graphql.ts';

export interface TimeSpan {
  readonly kind: 'waited' | 'ran' | 'failed';
  readonly name: string;
  /** In ms of the server's time. */
  readonly from: number;
  readonly to: number;
}

export function timeSpans(job: JobFactsFragment, now: number): readonly TimeSpan[] {
  const end = job.finishedAt == null ? Math.max(now, Date.parse(job.createdAt)) : Date.parse(job.finishedAt);
  const spans: TimeSpan[] = [];
  let at = Date.parse(job.createdAt);
  const waitUntil = (to: number) => {
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
