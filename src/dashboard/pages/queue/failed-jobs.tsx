/** Jobs that failed, the newest first: those that are marked, or all of them, are queued again. */
import { useState } from 'react';
import { Link } from 'wouter';
import {
  FailedJobsDocument,
  type FailedJobsQuery,
  type JobSelection,
  RetryManyDocument,
} from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer, useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { Card } from '../../parts/card.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { Ago } from '../../parts/when.tsx';
import { countText, plural } from '../../text/format.ts';

const SHOWN = 25;

export function FailedJobs() {
  const shown = useFollowed(useAnswer(FailedJobsDocument, { first: SHOWN }), usePulse());
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  /** What came of the last time. */
  const [note, setNote] = useState('');
  const failed = shown.value?.jobs;
  if (!failed || (failed.totalCount === 0 && note === '')) return null;
  const chosen = failed.nodes.filter(({ id }) => marked.has(id)).map(({ id }) => id);
  const mark = (id: string) => setMarked(toggled(marked, id));
  return (
    <Card title={`${plural(failed.totalCount, 'job')} failed`}>
      <p role="status">{note}</p>
      {failed.totalCount > 0 && (
        <RetryAll
          chosen={chosen}
          totalCount={failed.totalCount}
          onDone={(text) => {
            setNote(text);
            setMarked(new Set());
            shown.again();
          }}
        />
      )}
      <ol className="waiting">
        {failed.nodes.map((job) => (
          <FailedRow key={job.id} job={job} chosen={marked.has(job.id)} onChoose={() => mark(job.id)} />
        ))}
      </ol>
      {failed.totalCount > failed.nodes.length && (
        <p className="quiet">and {countText(failed.totalCount - failed.nodes.length)} before them</p>
      )}
    </Card>
  );
}

interface RetryAllProps {
  readonly chosen: readonly string[];
  readonly totalCount: number;
  readonly onDone: (note: string) => void;
}

function RetryAll({ chosen, totalCount, onDone }: RetryAllProps) {
  const retry = useChange(RetryManyDocument);
  const isAll = chosen.length === 0;
  const about = plural(isAll ? totalCount : chosen.length, 'failed job');
  const jobs: JobSelection = isAll ? { filter: { statuses: ['FAILED'] } } : { ids: [...chosen] };
  const run = async () => {
    const outcome = (await retry.run({ input: { jobs } }))?.retryJobs;
    if (outcome?.__typename !== 'RetryJobsPayload') return;
    onDone(
      `${plural(outcome.changed, 'job')} queued again.${outcome.more ? ' The queue has no room for the others now.' : ''}`,
    );
  };
  return (
    <div className="bulk">
      <strong>{about}</strong>
      <Action change={retry} run={run} about={about} ask={isAll ? `Queue all ${about} again?` : undefined}>
        Try again
      </Action>
    </div>
  );
}

interface FailedRowProps {
  readonly job: FailedJobsQuery['jobs']['nodes'][number];
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function FailedRow({
  job: { client, failure, finishedAt, id, modelName },
  chosen,
  onChoose,
}: FailedRowProps) {
  return (
    <li className="waiting-row" data-id={id}>
      <input
        type="checkbox"
        aria-label={`Mark the failed job of ${client} on ${modelName}`}
        checked={chosen}
        onChange={onChoose}
      />
      <Link href={`/jobs/${id}`} data-row className="row-link">
        <span className="place" aria-hidden="true">
          ▲
        </span>
        <span className="waiting-what">
          <span className="waiting-line">
            <ModelName name={modelName} />
            <span className="quiet cut">{client}</span>
          </span>
          <span className="waiting-why">{failure?.message}</span>
        </span>
        <span className="waiting-when">{finishedAt != null && <Ago at={finishedAt} />}</span>
      </Link>
    </li>
  );
}

function toggled(marked: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(marked);
  if (!next.delete(id)) next.add(id);
  return next;
}
