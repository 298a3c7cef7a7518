/** What the scheduler did last, and why. */
import { Link } from 'wouter';
import { type DecisionKind, NewestDecisionsDocument } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { DecisionLine } from '../decisions/decision-line.tsx';

const SHOWN = 12;
/** What moves memory: jobs that are handed out are too many to be read here. */
const MEMORY: DecisionKind[] = ['LOAD', 'DRAIN', 'UNLOAD', 'ADMISSION_REFUSED', 'CELL_DEATH'];

export function LatestDecisions() {
  const newest = useFollowed(
    useAnswer(NewestDecisionsDocument, { first: SHOWN, filter: { kinds: MEMORY } }),
    usePulse(),
  );
  return (
    <Card title="Decisions" aside={<Link href="/decisions">All</Link>}>
      <Loaded shown={newest} lines={5}>
        {({ decisions: { nodes } }) =>
          nodes.length === 0 ? (
            <Empty>Nothing has been decided yet.</Empty>
          ) : (
            <ol className="decisions">
              {nodes.map((decision) => (
                <DecisionLine key={decision.id} decision={decision} />
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}
