/** Who is next, and what for each of them is waited. */
import { Link } from 'wouter';
import { WaitingDocument } from '../../generated/graphql.ts';
import { useLive } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { WaitingRow } from '../queue/waiting-row.tsx';

const SHOWN = 15;

export function WaitingHead() {
  const head = useLive(WaitingDocument, { first: SHOWN, filter: null });
  return (
    <Card title="Next in the queue" aside={<Link href="/queue">All</Link>}>
      <Loaded shown={head} lines={5}>
        {({ queueChanged: { jobs } }) =>
          jobs.length === 0 ? (
            <Empty>Nobody waits.</Empty>
          ) : (
            <ol className="waiting">
              {jobs.map((job, place) => (
                <WaitingRow key={job.id} job={job} place={place + 1} />
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}
