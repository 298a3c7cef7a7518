/** What is done to many jobs at once: to those that are marked, or to all that were found. */
import {
  CancelManyDocument,
  type JobFilter,
  type JobPriority,
  MoveManyDocument,
} from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { plural, words } from '../../text/format.ts';

interface BulkActionsProps {
  readonly chosen: readonly string[];
  /** Null: all are shown, and nothing is done to all of them at once. */
  readonly filter: JobFilter | null;
  readonly totalCount: number;
  readonly onDone: () => void;
}

const PRIORITIES: readonly JobPriority[] = ['HIGH', 'NORMAL', 'LOW'];

export function BulkActions({ chosen, filter, totalCount, onDone }: BulkActionsProps) {
  const { maxPriority } = useViewer();
  const cancel = useChange(CancelManyDocument);
  const move = useChange(MoveManyDocument);
  const marked = chosen.length > 0;
  if (!marked && (filter === null || totalCount === 0)) return null;
  const about = plural(marked ? chosen.length : totalCount, 'job');
  const waiting = { ...filter, statuses: ['PENDING' as const, 'QUEUED' as const] };
  const jobs = marked ? { ids: [...chosen] } : { filter: waiting };
  const done = (result: object | null) => {
    if (result) onDone();
  };
  return (
    <div className="bulk">
      <strong>{about}</strong>
      <span className="actions">
        {PRIORITIES.slice(PRIORITIES.indexOf(maxPriority)).map((priority) => (
          <Action
            key={priority}
            change={move}
            run={() => move.run({ input: { jobs, priority } }).then(done)}
            about={`priority for ${about}`}
          >
            Make {words(priority)}
          </Action>
        ))}
        <Action
          change={cancel}
          run={() => cancel.run({ input: { jobs } }).then(done)}
          about={about}
          kind="danger"
          ask={`Cancel ${about}?`}
        >
          Cancel
        </Action>
      </span>
    </div>
  );
}
