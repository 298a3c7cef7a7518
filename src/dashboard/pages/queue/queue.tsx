/** Who waits, in the order in which they should start, and how long each model's backlog is. */
import { useState } from 'react';
import { type JobFilter, type JobPriority, WaitingDocument } from '../../generated/graphql.ts';
import { useLive } from '../../live/use-live.ts';
import { useSettled } from '../../live/use-settled.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Search } from '../../parts/search.tsx';
import { plural } from '../../text/format.ts';
import { Backlogs } from './backlogs.tsx';
import { FailedJobs } from './failed-jobs.tsx';
import { PauseSwitch } from './pause-switch.tsx';
import { PriorityChoice } from './priority-choice.tsx';
import { WaitingList } from './waiting-list.tsx';

const SHOWN = 100;

export function Queue() {
  const [search, setSearch] = useState('');
  const [priority, setPriority] = useState<JobPriority | null>(null);
  const filter = filterOf(useSettled(search), priority);
  const waiting = useLive(WaitingDocument, { first: SHOWN, filter });
  const total = waiting.value?.queueChanged.totalCount;
  const title = filter === null ? 'waiting' : 'found';
  return (
    <div className="page">
      <h1 className="unseen">Queue</h1>
      <Card title="By model" aside={<PauseSwitch />}>
        <Loaded shown={waiting} lines={3}>
          {({ queueChanged: { queues } }) =>
            queues.length === 0 ? <Empty>No model has a backlog.</Empty> : <Backlogs queues={queues} />
          }
        </Loaded>
      </Card>
      <Card
        title={total === undefined ? 'Jobs' : `${plural(total, 'job')} ${title}`}
        aside={
          <>
            <PriorityChoice value={priority} onChange={setPriority} />
            <Search value={search} onChange={setSearch} what="the queue" />
          </>
        }
      >
        <Loaded shown={waiting} lines={8}>
          {({ queueChanged }) => (
            // What was marked among others is not seen any more.
            <WaitingList key={JSON.stringify(filter)} event={queueChanged} filter={filter} />
          )}
        </Loaded>
      </Card>
      <FailedJobs />
    </div>
  );
}

/** Null: all that wait. */
function filterOf(search: string, priority: JobPriority | null): JobFilter | null {
  const matching = search.trim();
  if (matching === '' && priority === null) return null;
  return { ...(matching !== '' && { matching }), ...(priority !== null && { priorities: [priority] }) };
}
