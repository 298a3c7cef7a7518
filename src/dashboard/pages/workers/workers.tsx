/** The model servers, and the processes that are run for them. For administrators. */
import { WorkersDocument, type WorkersQuery } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/when.tsx';
import { CellList } from './cell-list.tsx';

type Backend = WorkersQuery['backends'][number];

export function Workers() {
  const workers = useFollowed(useAnswer(WorkersDocument, {}), usePulse());
  return (
    <div className="page">
      <h1 className="unseen">Workers</h1>
      <Loaded shown={workers} lines={6}>
        {({ backends }) =>
          backends.map((backend) => <Server key={backend.id} backend={backend} again={workers.again} />)
        }
      </Loaded>
    </div>
  );
}

function Server({ backend, again }: { readonly backend: Backend; readonly again: () => void }) {
  const { capabilities, cells, health, lastSeenAt, name, problem, url, version } = backend;
  return (
    <Card
      title={name}
      aside={
        <>
          <Status of={health} />
          <button type="button" className="button" onClick={again}>
            Ask again
          </button>
        </>
      }
    >
      {problem != null && <p className="problem">{problem}</p>}
      <Facts
        facts={[
          ['At', url],
          ['Run by', capabilities.startsProcesses ? 'this server' : 'someone else'],
          ['Version', version],
          ['Last answer', lastSeenAt != null && <Ago at={lastSeenAt} />],
        ]}
      />
      {capabilities.startsProcesses &&
        (cells.length === 0 ? <Empty>No process runs.</Empty> : <CellList cells={cells} />)}
      {!capabilities.startsProcesses && <p className="quiet">Its processes are its own affair.</p>}
    </Card>
  );
}
