/** One job that waits: its place, its model, why it waits and when it should start. */
import { Link } from 'wouter';
import type { QueueRowFragment } from '../../generated/graphql.ts';
import { Priority } from '../../parts/priority.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { Until } from '../../parts/when.tsx';
import { words } from '../../text/format.ts';

interface WaitingRowProps {
  readonly job: QueueRowFragment;
  /** From 1, in the order of expected starts; null where not all are shown. */
  readonly place: number | null;
  /** With `onChoose`: it can be marked. */
  readonly chosen?: boolean;
  readonly onChoose?: () => void;
}

export function WaitingRow({ job, place, chosen = false, onChoose }: WaitingRowProps) {
  const { id, client, modelName, priority, waiting } = job;
  return (
    <li className="waiting-row" data-id={id}>
      {onChoose && (
        <input
          type="checkbox"
          aria-label={`Mark the job of ${client} on ${modelName}`}
          checked={chosen}
          onChange={onChoose}
        />
      )}
      <Link href={`/jobs/${id}`} data-row className="row-link">
        <span className="place">{place ?? '·'}</span>
        <span className="waiting-what">
          <span className="waiting-line">
            <ModelName name={modelName} />
            <Priority of={priority} />
            <span className="quiet cut">{client}</span>
          </span>
          {waiting && (
            <span className="waiting-why">
              <span className="reason">{words(waiting.reason)}</span>
              {waiting.explanation}
            </span>
          )}
        </span>
        <span className="waiting-when">
          {waiting?.expectedStart != null && <Until at={waiting.expectedStart} />}
        </span>
      </Link>
    </li>
  );
}
