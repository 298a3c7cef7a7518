/** One batch: how far it is, its jobs and what they said, and what can be done to all of them. */
import { useState } from 'react';
import { Link } from 'wouter';
import { Card } from '../../parts/card.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { dateText } from '../../text/format.ts';
import { KIND, readKept } from '../compare/plan.ts';
import './batches.css';
import { BatchActions } from './batch-actions.tsx';
import { BatchJobs } from './batch-jobs.tsx';
import { BatchProgress } from './batch-progress.tsx';
import { type ShownBatch, useBatch } from './use-batch.ts';

export function BatchPage({ id }: { readonly id: string }) {
  // The streams of a batch complete with it. Run again, it has new ones.
  const [run, setRun] = useState(1);
  return <Shown key={run} id={id} onRunAgain={() => setRun(run + 1)} />;
}

function Shown({ id, onRunAgain }: { readonly id: string; readonly onRunAgain: () => void }) {
  const shown = useBatch(id);
  return (
    <Loaded shown={shown} lines={8}>
      {(batch) =>
        batch === null ? (
          <Empty>There is no such batch, or it has been forgotten: {id}</Empty>
        ) : (
          <Known batch={batch} onRunAgain={onRunAgain} onChange={shown.again} />
        )
      }
    </Loaded>
  );
}

interface KnownProps {
  readonly batch: ShownBatch;
  readonly onRunAgain: () => void;
  readonly onChange: () => void;
}

function Known({ batch, onChange, onRunAgain }: KnownProps) {
  const { client, createdAt, finishedAt, id, kept, metadata, name } = batch;
  const isComparison = readKept(metadata) !== null;
  return (
    <div className="page">
      <header className="job-head">
        <h1>{name ?? 'Batch'}</h1>
        <BatchActions batch={batch} onRunAgain={onRunAgain} onChange={onChange} />
      </header>
      <Card title="Progress">
        <BatchProgress batch={batch} />
        {isComparison && (
          <p>
            <Link href={`/compare/${id}`}>Show this {KIND} side by side</Link>
          </p>
        )}
      </Card>
      <div className="columns job-columns">
        <BatchJobs id={id} batch={batch} />
        <Card title="Batch">
          <Facts
            facts={[
              ['Client', client],
              ['Submitted', dateText(createdAt)],
              ['Ended', finishedAt == null ? null : dateText(finishedAt)],
              ['Kept', kept ? 'until somebody lets it go' : 'for the usual time'],
              ['Id', <code key="id">{id}</code>],
            ]}
          />
          {metadata != null && !isComparison && (
            <details>
              <summary>Metadata</summary>
              <pre className="asked-text">{JSON.stringify(metadata, null, 2)}</pre>
            </details>
          )}
        </Card>
      </div>
    </div>
  );
}
