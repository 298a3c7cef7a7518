/** What is done to many jobs at once: to those that are marked, or to all that were found where none is. */
import { useState } from 'react';
import {
  CancelManyDocument,
  type JobFilter,
  type JobPriority,
  type JobSelection,
  MoveManyDocument,
} from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { countText, plural, words } from '../../text/format.ts';

interface BulkActionsProps {
  /** Null: none was marked. Empty: those that were wait no longer, which never means all. */
  readonly marked: readonly string[] | null;
  /** Null: all are shown, and nothing is done to all of them at once. */
  readonly filter: JobFilter | null;
  readonly totalCount: number;
  readonly onUnmark: () => void;
}

const PRIORITIES: readonly JobPriority[] = ['HIGH', 'NORMAL', 'LOW'];

export function BulkActions({ marked, filter, totalCount, onUnmark }: BulkActionsProps) {
  const { maxPriority } = useViewer();
  const [note, setNote] = useState('');
  if (marked === null && (filter === null || totalCount === 0)) return null;
  if (marked?.length === 0)
    return (
      <div className="bulk">
        <strong>The marked jobs wait no longer.</strong>
        <button type="button" className="button" onClick={onUnmark}>
          Unmark them
        </button>
      </div>
    );
  const about = plural(marked?.length ?? totalCount, 'job');
  const jobs = marked
    ? { ids: [...marked] }
    : { filter: { ...filter, statuses: ['PENDING' as const, 'QUEUED' as const] } };
  const done = ({ changed, more }: Done) => {
    setNote(
      more ? `Done to the first ${countText(changed)}. There are others: press again for the next ones.` : '',
    );
    onUnmark();
  };
  return (
    <div className="bulk">
      <strong>{about}</strong>
      <span className="actions">
        {PRIORITIES.slice(PRIORITIES.indexOf(maxPriority)).map((priority) => (
          <MoveAll key={priority} priority={priority} jobs={jobs} about={about} onDone={done} />
        ))}
        <CancelAll jobs={jobs} about={about} onDone={done} />
      </span>
      <span role="status">{note}</span>
    </div>
  );
}

interface Done {
  readonly changed: number;
  /** More were meant than are changed at once. */
  readonly more: boolean;
}

interface ChangeAllProps {
  readonly jobs: JobSelection;
  readonly about: string;
  readonly onDone: (done: Done) => void;
}

function MoveAll({ jobs, priority, about, onDone }: ChangeAllProps & { readonly priority: JobPriority }) {
  const move = useChange(MoveManyDocument);
  const run = async () => {
    const outcome = (await move.run({ input: { jobs, priority } }))?.updateJobPriorities;
    if (outcome?.__typename === 'UpdateJobPrioritiesPayload') onDone(outcome);
  };
  return (
    <Action change={move} run={run} about={`priority for ${about}`}>
      Make {words(priority)}
    </Action>
  );
}

function CancelAll({ jobs, about, onDone }: ChangeAllProps) {
  const cancel = useChange(CancelManyDocument);
  const run = async () => {
    const outcome = (await cancel.run({ input: { jobs } }))?.cancelJobs;
    if (outcome?.__typename === 'CancelJobsPayload') onDone(outcome);
  };
  return (
    <Action change={cancel} run={run} about={about} kind="danger" ask={`Cancel ${about}?`}>
      Cancel
    </Action>
  );
}
