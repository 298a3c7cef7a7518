/** Decisions that meet a filter, page by page. */
import { useState } from 'react';
import { type DecisionFilter, DecisionPageDocument } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { DecisionLine } from './decision-line.tsx';

export function DecisionPages({ filter }: { readonly filter: DecisionFilter }) {
  return <Newest key={JSON.stringify(filter)} filter={filter} />;
}

function Newest({ filter }: { readonly filter: DecisionFilter }) {
  const [pages, setPages] = useState(1);
  return (
    <>
      {pages > 1 && (
        <p className="quiet">
          While older ones are shown, new ones are not added.{' '}
          <button type="button" className="button" onClick={() => setPages(1)}>
            Back to the newest
          </button>
        </p>
      )}
      <OnePage filter={filter} after={null} pages={pages} more={() => setPages(pages + 1)} />
    </>
  );
}

interface OnePageProps {
  readonly filter: DecisionFilter;
  readonly after: string | null;
  /** How many are shown, from this one on. */
  readonly pages: number;
  readonly more: () => void;
}

/** Each page begins where the one before it ends, also once that was asked again: nothing between them is left out or told twice. */
function OnePage({ filter, after, pages, more }: OnePageProps) {
  const pulse = usePulse();
  const alone = after === null && pages === 1;
  const page = useFollowed(useAnswer(DecisionPageDocument, { after, filter }), alone ? pulse : undefined);
  return (
    <Loaded shown={page} lines={8}>
      {({ decisions: { nodes, pageInfo } }) => {
        const end = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
        return (
          <>
            {nodes.length === 0 && after === null && <Empty>None of these.</Empty>}
            <ol className="decisions">
              {nodes.map((decision) => (
                <DecisionLine key={decision.id} decision={decision} />
              ))}
            </ol>
            {end !== null && pages === 1 && (
              <button type="button" className="button" onClick={more}>
                Older ones
              </button>
            )}
            {end !== null && pages > 1 && (
              <OnePage key={end} filter={filter} after={end} pages={pages - 1} more={more} />
            )}
          </>
        );
      }}
    </Loaded>
  );
}
