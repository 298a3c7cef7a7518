/** Who is next, and what for each of them is waited. */
import { Link } from 'wouter';
import { WaitingHeadDocument } from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { WaitingRow } from '../queue/waiting-row.tsx';

const SHOWN = 15;

export function WaitingHead() {
  const head = useAnswer(WaitingHeadDocument, { first: SHOWN });
  return (
    <Card title="Next in the queue" aside={<Link href="/queue">All</Link>}>
      <Loaded shown={head} lines={5}>
        {({ jobs }) =>
          jobs.nodes.length === 0 ? (
            <Empty>Nobody waits.</Empty>
          ) : (
            <ol className="waiting">
              {jobs.nodes.map((job) => (
                <WaitingRow key={job.id} job={job} />
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}
