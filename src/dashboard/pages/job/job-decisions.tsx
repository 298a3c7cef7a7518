/** What the scheduler decided about it. */
import { JobDecisionsDocument } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { DecisionLine } from '../decisions/decision-line.tsx';

export function JobDecisions({ id }: { readonly id: string }) {
  const decisions = useFollowed(useAnswer(JobDecisionsDocument, { id }), usePulse());
  return (
    <Card title="Decisions about it">
      <Loaded shown={decisions}>
        {({ decisions: { nodes } }) =>
          nodes.length === 0 ? (
            <Empty>None yet, or they are forgotten.</Empty>
          ) : (
            <ol className="decisions">
              {nodes.map((decision) => (
                <DecisionLine key={decision.id} decision={decision} withJob={false} />
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}
