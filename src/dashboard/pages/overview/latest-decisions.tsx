/** What the scheduler did last, and why. */
import { Link } from 'wouter';
import type { DecisionKind } from '../../generated/graphql.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { DecisionLine } from '../decisions/decision-line.tsx';
import { useDecided } from '../decisions/use-decided.ts';

const SHOWN = 12;
/** What moves memory: jobs that are handed out are too many to be read here. */
const MEMORY: DecisionKind[] = ['LOAD', 'DRAIN', 'UNLOAD', 'ADMISSION_REFUSED', 'CELL_DEATH'];

export function LatestDecisions() {
  const newest = useDecided({ kinds: MEMORY });
  return (
    <Card title="Decisions" aside={<Link href="/decisions">All</Link>}>
      <Loaded shown={newest} lines={5}>
        {({ decisions }) =>
          decisions.length === 0 ? (
            <Empty>Nothing has been decided yet.</Empty>
          ) : (
            <ol className="decisions">
              {decisions.slice(0, SHOWN).map((decision) => (
                <DecisionLine key={decision.id} decision={decision} />
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}
