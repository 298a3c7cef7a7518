/** How far a batch is: a bar by states, the same in words, and when it should be done. */
import type { BatchCountsFragment, BatchFactsFragment } from '../../generated/graphql.ts';
import { Ago, Until } from '../../parts/when.tsx';
import { countText, plural } from '../../text/format.ts';

export function BatchProgress({ batch }: { readonly batch: BatchFactsFragment }) {
  const { counts, expectedEnd, finishedAt } = batch;
  const done = counts.complete + counts.failed + counts.cancelled;
  return (
    <div className="batch-progress">
      <ProgressBar counts={counts} />
      <p>
        <strong>
          {countText(done)} of {plural(counts.total, 'job')} done
        </strong>{' '}
        <span className="quiet">{partsText(counts)}</span>
      </p>
      <p className="batch-when">
        {finishedAt != null ? (
          <>
            ended <Ago at={finishedAt} />
          </>
        ) : (
          expectedEnd != null && (
            <>
              done <Until at={expectedEnd} />
            </>
          )
        )}
      </p>
    </div>
  );
}

const PARTS = [
  ['complete', 'complete'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['running', 'running'],
  ['waiting', 'waiting'],
] as const;

function countsOf(counts: BatchCountsFragment): Readonly<Record<(typeof PARTS)[number][0], number>> {
  return { ...counts, waiting: counts.pending + counts.queued };
}

/** The usual parts are told by the bar and the line beside it; these are not. */
function partsText(counts: BatchCountsFragment): string {
  const each = countsOf(counts);
  return PARTS.filter(([part]) => part !== 'complete' && each[part] > 0)
    .map(([part, word]) => `${countText(each[part])} ${word}`)
    .join(', ');
}

export function ProgressBar({ counts }: { readonly counts: BatchCountsFragment }) {
  const each = countsOf(counts);
  return (
    <svg
      className="progress-bar"
      viewBox={`0 0 ${Math.max(1, counts.total)} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {PARTS.map(([part], index) => {
        const before = PARTS.slice(0, index).reduce((sum, [earlier]) => sum + each[earlier], 0);
        return <rect key={part} className={`part-${part}`} x={before} y={0} width={each[part]} height={1} />;
      })}
    </svg>
  );
}
