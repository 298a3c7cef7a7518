/** The jobs that wait, which can be marked to do something to many at once. */
import { useState } from 'react';
import type { JobFilter, WaitingSubscription } from '../../generated/graphql.ts';
import { Empty } from '../../parts/loaded.tsx';
import { countText } from '../../text/format.ts';
import { BulkActions } from './bulk-actions.tsx';
import { WaitingRow } from './waiting-row.tsx';

interface WaitingListProps {
  readonly event: WaitingSubscription['queueChanged'];
  /** Null: all that wait. */
  readonly filter: JobFilter | null;
}

export function WaitingList({ event: { jobs, totalCount }, filter }: WaitingListProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  if (jobs.length === 0) return <Empty>{filter === null ? 'Nobody waits.' : 'None of these waits.'}</Empty>;
  return (
    <>
      <BulkActions
        marked={chosen.size === 0 ? null : jobs.filter(({ id }) => chosen.has(id)).map(({ id }) => id)}
        filter={filter}
        totalCount={totalCount}
        onUnmark={() => setChosen(new Set())}
      />
      <ol className="waiting">
        {jobs.map((job, place) => (
          <WaitingRow
            key={job.id}
            job={job}
            place={filter === null ? place + 1 : null}
            chosen={chosen.has(job.id)}
            onChoose={() => setChosen(toggled(chosen, job.id))}
          />
        ))}
      </ol>
      {totalCount > jobs.length && (
        <p className="quiet">and {countText(totalCount - jobs.length)} behind them</p>
      )}
    </>
  );
}

function toggled(chosen: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return next;
}
