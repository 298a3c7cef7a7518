/** Batches, the newest first: how far each is, and what can be done. */
import { useState } from 'react';
import { Link } from 'wouter';
import { BatchesDocument, type BatchFactsFragment } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Ago, Until } from '../../parts/when.tsx';
import { countText, plural } from '../../text/format.ts';
import './batches.css';
import { ProgressBar } from './batch-progress.tsx';

interface BatchListProps {
  readonly title: string;
  /** Those of this kind alone. */
  readonly kind?: string;
}

export function BatchList({ title, kind }: BatchListProps) {
  /** Where each page begins that was gone to, the first one left out. */
  const [starts, setStarts] = useState<readonly string[]>([]);
  const after = starts.at(-1) ?? null;
  const shown = useFollowed(useAnswer(BatchesDocument, { after, kind: kind ?? null }), usePulse());
  const what = kind === undefined ? 'batch' : 'comparison';
  return (
    <Card title={title}>
      <Loaded shown={shown} lines={6}>
        {({ batches: { nodes, pageInfo, totalCount } }) => (
          <>
            {nodes.length === 0 && (
              <Empty>
                {kind === undefined ? (
                  <>
                    No batches yet. <code>vramkeeper submit --batch</code>, <code>submitBatch</code> and the
                    batch APIs make them.
                  </>
                ) : (
                  'None was sent yet.'
                )}
              </Empty>
            )}
            <ol className="batches">
              {nodes.map((batch) => (
                <Row key={batch.id} batch={batch} path={kind === undefined ? '/batches' : '/compare'} />
              ))}
            </ol>
            {(starts.length > 0 || pageInfo.hasNextPage) && (
              <div className="actions">
                <button
                  type="button"
                  className="button"
                  disabled={starts.length === 0}
                  onClick={() => setStarts(starts.slice(0, -1))}
                >
                  Newer
                </button>
                <button
                  type="button"
                  className="button"
                  disabled={!pageInfo.hasNextPage}
                  onClick={() => setStarts([...starts, pageInfo.endCursor ?? ''])}
                >
                  Older
                </button>
                <span className="quiet">
                  {plural(totalCount, what, kind === undefined ? 'batches' : 'comparisons')} in all
                </span>
              </div>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Row({ batch, path }: { readonly batch: BatchFactsFragment; readonly path: string }) {
  const { client, counts, createdAt, expectedEnd, finishedAt, id, kept, name } = batch;
  const done = counts.complete + counts.failed + counts.cancelled;
  return (
    <li data-id={id}>
      <Link href={`${path}/${id}`} data-row className="batch-row">
        <span className="batch-what">
          <span className="batch-name cut">{name ?? 'Without a name'}</span>
          <span className="quiet cut">
            {client} · <Ago at={createdAt} />
            {kept && ' · kept'}
          </span>
        </span>
        <ProgressBar counts={counts} />
        <span className="batch-counts">
          <span>
            {countText(done)} / {countText(counts.total)}
          </span>
          {counts.failed > 0 && <span className="status tone-bad"> {countText(counts.failed)} failed</span>}
        </span>
        <span className="batch-when quiet">
          {finishedAt != null ? 'ended' : expectedEnd == null ? 'goes on' : <Until at={expectedEnd} />}
        </span>
      </Link>
    </li>
  );
}
