/** One job: what became of it and why, its output as it comes, and what can be done. */
import { useState } from 'react';
import { JobAskedDocument, type JobFactsFragment, JobLiveDocument } from '../../generated/graphql.ts';
import { useAnswer, useLive } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Priority } from '../../parts/priority.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { Status } from '../../parts/status.tsx';
import { AskedFor } from './asked-for.tsx';
import { Attempts } from './attempts.tsx';
import { JobActions } from './job-actions.tsx';
import { JobDecisions } from './job-decisions.tsx';
import { JobFacts } from './job-facts.tsx';
import { Output } from './output.tsx';
import { TimeLine } from './time-line.tsx';
import { Usage } from './usage.tsx';
import { LiveWaiting, WaitingNote } from './waiting-note.tsx';
import { Waits } from './waits.tsx';

export function JobPage({ id }: { readonly id: string }) {
  const asked = useAnswer(JobAskedDocument, { id });
  // The streams of a job complete with it. Run again, it has new ones.
  const [run, setRun] = useState(1);
  return (
    <Loaded shown={asked} lines={8}>
      {({ job }) =>
        job ? (
          <Live key={run} first={job} onRunAgain={() => setRun(run + 1)} />
        ) : (
          <Empty>There is no such job, or it has been forgotten: {id}</Empty>
        )
      }
    </Loaded>
  );
}

interface LiveProps {
  /** As it was when the page was opened. */
  readonly first: JobFactsFragment;
  readonly onRunAgain: () => void;
}

function Live({ first, onRunAgain }: LiveProps) {
  const { id } = first;
  const live = useLive(JobLiveDocument, { id }, ({ jobUpdated }) => ({ after: jobUpdated.cursor }));
  const job = live.value?.jobUpdated.job ?? first;
  const ended = job.finishedAt !== null && job.finishedAt !== undefined;
  return (
    <div className="page">
      <header className="job-head">
        <h1>
          <ModelName name={job.modelName} />
        </h1>
        <span className="job-state">
          <Status of={job.status} />
          <Priority of={job.priority} />
        </span>
        <JobActions job={job} onRunAgain={onRunAgain} />
      </header>
      <Card title="Time line">
        {ended || job.startedAt != null ? <WaitingNote job={job} /> : <LiveWaiting job={job} />}
        <TimeLine job={job} />
        <Waits job={job} />
      </Card>
      <div className="columns job-columns">
        <Card title={job.kind === 'EMBED' ? 'Result' : 'Output'}>
          <Output job={job} />
          {ended && <Usage id={id} />}
        </Card>
        <div className="page">
          <Card title="Job">
            <JobFacts job={job} />
          </Card>
          <Card title="Request">
            <AskedFor id={id} />
          </Card>
          {job.attempts.length > 0 && (
            <Card title="Attempts">
              <Attempts job={job} />
            </Card>
          )}
          <JobDecisions id={id} />
        </div>
      </div>
    </div>
  );
}
