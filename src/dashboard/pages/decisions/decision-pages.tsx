/** Decisions that meet a filter: the newest as they are made, older ones page by page. */
import { useState } from 'react';
import {
  type DecisionFilter,
  type DecisionLineFragment,
  DecisionPageDocument,
} from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { DecisionLine } from './decision-line.tsx';
import { useDecided } from './use-decided.ts';

export function DecisionPages({ filter }: { readonly filter: DecisionFilter }) {
  return <Newest key={JSON.stringify(filter)} filter={filter} />;
}

function Newest({ filter }: { readonly filter: DecisionFilter }) {
  const [older, setOlder] = useState(0);
  const newest = useDecided(filter);
  return (
    <Loaded shown={newest} lines={8}>
      {({ decisions, end, missed }) => (
        <>
          {missed > 0 && (
            <p className="quiet" role="status">
              {missed} came faster than they could be told. They are not kept.
            </p>
          )}
          {older > 0 && (
            <button type="button" className="button" onClick={() => setOlder(0)}>
              Back to the newest
            </button>
          )}
          {decisions.length === 0 && <Empty>None of these.</Empty>}
          <Lines decisions={decisions} />
          <Behind filter={filter} end={end} pages={older} more={() => setOlder(older + 1)} />
        </>
      )}
    </Loaded>
  );
}

interface BehindProps {
  readonly filter: DecisionFilter;
  /** Where the page before ends; null where nothing is behind it. */
  readonly end: string | null;
  /** How many are shown. */
  readonly pages: number;
  readonly more: () => void;
}

function Behind({ end, more, ...rest }: BehindProps) {
  if (end === null) return null;
  if (rest.pages > 0) return <OlderPage key={end} after={end} more={more} {...rest} />;
  return (
    <button type="button" className="button" onClick={more}>
      Older ones
    </button>
  );
}

interface OlderPageProps extends Omit<BehindProps, 'end'> {
  readonly after: string;
}

/** Each page begins where the one before it ends, also once that was asked again: nothing between them is left out or told twice. */
function OlderPage({ after, filter, pages, more }: OlderPageProps) {
  const page = useAnswer(DecisionPageDocument, { after, filter });
  return (
    <Loaded shown={page} lines={8}>
      {({ decisions: { nodes, pageInfo } }) => (
        <>
          <Lines decisions={nodes} />
          <Behind
            filter={filter}
            end={pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null}
            pages={pages - 1}
            more={more}
          />
        </>
      )}
    </Loaded>
  );
}

function Lines({ decisions }: { readonly decisions: readonly DecisionLineFragment[] }) {
  return (
    <ol className="decisions">
      {decisions.map((decision) => (
        <DecisionLine key={decision.id} decision={decision} />
      ))}
    </ol>
  );
}
