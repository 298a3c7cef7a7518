/** Decisions that meet a filter, page by page. */
import { useState } from 'react';
import { type DecisionFilter, DecisionPageDocument } from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { DecisionLine } from './decision-line.tsx';

export function DecisionPages({ filter }: { readonly filter: DecisionFilter }) {
  return <Newest key={JSON.stringify(filter)} filter={filter} />;
}

function Newest({ filter }: { readonly filter: DecisionFilter }) {
  const [afters, setAfters] = useState<readonly (string | null)[]>([null]);
  return (
    <>
      {afters.map((after, index) => (
        <OnePage
          key={after ?? 'newest'}
          filter={filter}
          after={after}
          more={index === afters.length - 1 ? (cursor) => setAfters([...afters, cursor]) : null}
        />
      ))}
    </>
  );
}

interface OnePageProps {
  readonly filter: DecisionFilter;
  readonly after: string | null;
  /** Shows what is older; null where that is shown. */
  readonly more: ((cursor: string) => void) | null;
}

function OnePage({ filter, after, more }: OnePageProps) {
  const page = useAnswer(DecisionPageDocument, { after, filter });
  return (
    <Loaded shown={page} lines={8}>
      {({ decisions: { nodes, pageInfo } }) => (
        <>
          {nodes.length === 0 && after === null && <Empty>None of these.</Empty>}
          <ol className="decisions">
            {nodes.map((decision) => (
              <DecisionLine key={decision.id} decision={decision} />
            ))}
          </ol>
          {more && pageInfo.hasNextPage && pageInfo.endCursor != null && (
            <button type="button" className="button" onClick={() => more(pageInfo.endCursor ?? '')}>
              Older ones
            </button>
          )}
        </>
      )}
    </Loaded>
  );
}
