/** End it, run it again, move it forward or back; and the command that asks for it. */
import {
  CancelJobDocument,
  type JobFactsFragment,
  type JobPriority,
  MoveJobDocument,
  RetryJobDocument,
} from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { CopyCommand } from './copy-command.tsx';

const PRIORITIES: readonly JobPriority[] = ['LOW', 'NORMAL', 'HIGH'];

interface JobActionsProps {
  readonly job: JobFactsFragment;
  readonly onRunAgain: () => void;
}

export function JobActions({ job, onRunAgain }: JobActionsProps) {
  const { id, priority, status } = job;
  const cancel = useChange(CancelJobDocument);
  const retry = useChange(RetryJobDocument);
  const { maxPriority } = useViewer();
  const at = PRIORITIES.indexOf(priority);
  const ended = job.finishedAt != null;
  const runAgain = async () => {
    if (await retry.run({ input: { id } })) onRunAgain();
  };
  return (
    <span className="actions">
      {status === 'PENDING' && at < PRIORITIES.indexOf(maxPriority) && (
        <Move id={id} to={PRIORITIES[at + 1]} word="Raise" />
      )}
      {status === 'PENDING' && at > 0 && <Move id={id} to={PRIORITIES[at - 1]} word="Lower" />}
      {!ended && (
        <Action
          change={cancel}
          run={() => cancel.run({ input: { id } })}
          about="the job"
          kind="danger"
          ask={status === 'RUNNING' ? 'Cancel this job? What it has produced is lost.' : undefined}
        >
          Cancel
        </Action>
      )}
      {(status === 'FAILED' || status === 'CANCELLED') && (
        <Action change={retry} run={runAgain} about="the job" kind="main">
          Run again
        </Action>
      )}
      <CopyCommand id={id} />
    </span>
  );
}

function Move({
  id,
  to,
  word,
}: {
  readonly id: string;
  readonly to: JobPriority | undefined;
  readonly word: string;
}) {
  const move = useChange(MoveJobDocument);
  if (to === undefined) return null;
  return (
    <Action change={move} run={() => move.run({ input: { id, priority: to } })} about="its priority">
      {word}
    </Action>
  );
}
