/** The jobs of a batch, page by page, each with the beginning of what it said. */
import { useState } from 'react';
import { Link } from 'wouter';
import { type BatchFactsFragment, BatchJobsDocument, type JobStatus } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { Status } from '../../parts/status.tsx';
import { plural, words } from '../../text/format.ts';

const STATUSES: readonly JobStatus[] = ['FAILED', 'RUNNING', 'PENDING', 'COMPLETE', 'CANCELLED'];
const SHOWN = 25;
/** They are asked for anew so often while the batch goes on, in ms. */
const FOLLOWED_MS = 4_000;

interface BatchJobsProps {
  readonly id: string;
  readonly batch: BatchFactsFragment;
}

export function BatchJobs({ id, batch }: BatchJobsProps) {
  const [status, setStatus] = useState<JobStatus | ''>('');
  const [starts, setStarts] = useState<readonly string[]>([]);
  const happening = usePulse();
  // What has ended stays as it is, and may be long.
  const pulse = batch.finishedAt == null ? happening : undefined;
  const shown = useFollowed(
    useAnswer(BatchJobsDocument, {
      first: SHOWN,
      after: starts.at(-1) ?? null,
      filter: { batchId: id, ...(status !== '' && { statuses: [status] }) },
    }),
    pulse,
    FOLLOWED_MS,
  );
  return (
    <Card
      title="Jobs"
      aside={
        <select
          aria-label="Status"
          value={status}
          onChange={(event) => {
            setStarts([]);
            setStatus(STATUSES.find((each) => each === event.target.value) ?? '');
          }}
        >
          <option value="">all {batch.counts.total}</option>
          {STATUSES.map((each) => (
            <option key={each} value={each}>
              {words(each)}
            </option>
          ))}
        </select>
      }
    >
      <Loaded shown={shown} lines={8}>
        {({ jobs: { nodes, pageInfo, totalCount } }) => (
          <>
            {nodes.length === 0 && (
              <Empty>{status === '' ? 'It has no jobs yet.' : `None is ${words(status)}.`}</Empty>
            )}
            <ol className="batch-jobs">
              {nodes.map(({ failure, id: jobId, modelName, result, status: state }) => (
                <li key={jobId} data-id={jobId}>
                  <Link href={`/jobs/${jobId}`} data-row>
                    <span className="waiting-line">
                      <ModelName name={modelName} />
                      <Status of={state} />
                    </span>
                    {failure && <span className="batch-said status tone-bad">{failure.message}</span>}
                    {result?.__typename === 'TextResult' && (
                      <span className="batch-said quiet">{result.text.slice(0, 400)}</span>
                    )}
                  </Link>
                </li>
              ))}
            </ol>
            <div className="actions">
              <button
                type="button"
                className="button"
                disabled={starts.length === 0}
                onClick={() => setStarts(starts.slice(0, -1))}
              >
                Before
              </button>
              <button
                type="button"
                className="button"
                disabled={!pageInfo.hasNextPage}
                onClick={() => setStarts([...starts, pageInfo.endCursor ?? ''])}
              >
                Behind
              </button>
              <span className="quiet">{plural(totalCount, 'job')}</span>
            </div>
          </>
        )}
      </Loaded>
    </Card>
  );
}
