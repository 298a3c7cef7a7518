/** How long it waited and ran, to scale. */
import type { JobFactsFragment } from '../../generated/graphql.ts';
import { useRankClass } from '../../parts/ranks.tsx';
import { At } from '../../parts/when.tsx';
import { durationText } from '../../text/format.ts';
import { useServerNow } from '../../text/server-time.ts';
import { timeSpans } from './time-spans.ts';

export function TimeLine({ job }: { readonly job: JobFactsFragment }) {
  const rankClass = useRankClass();
  const spans = timeSpans(job, useServerNow());
  const all = spans.reduce((sum, { from, to }) => sum + to - from, 0);
  const text = spans.map(({ name, from, to }) => `${name} ${durationText(to - from)}`).join(', ');
  return (
    <figure className="time-line">
      <div
        className={`time-bar ${rankClass(job.modelName)}`}
        role="img"
        aria-label={text || 'just submitted'}
      >
        {spans.map(({ kind, name, from, to }) => (
          <div
            key={`${name} ${from}`}
            className={`time-span is-${kind}`}
            style={{ width: `${all === 0 ? 0 : ((to - from) * 100) / all}%` }}
          >
            <span>
              {name} <strong>{durationText(to - from)}</strong>
            </span>
          </div>
        ))}
      </div>
      <figcaption className="time-ends">
        <span>
          submitted <At at={job.createdAt} />
        </span>
        {job.finishedAt == null ? (
          <span>now</span>
        ) : (
          <span>
            ended <At at={job.finishedAt} />
          </span>
        )}
      </figcaption>
    </figure>
  );
}
