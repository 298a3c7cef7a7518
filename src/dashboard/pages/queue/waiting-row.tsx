/** One job that waits: its place, its model, why it waits and when it should start. */
import { Link } from 'wouter';
import type { QueueRowFragment } from '../../generated/graphql.ts';
import { Priority } from '../../parts/priority.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { Until } from '../../parts/when.tsx';
import { words } from '../../text/format.ts';

export function WaitingRow({ job }: { readonly job: QueueRowFragment }) {
  const { id, client, modelName, priority, queuePosition, waiting } = job;
  return (
    <li className="waiting-row" data-id={id}>
      <Link href={`/jobs/${id}`} data-row className="row-link">
        <span className="place">
          {queuePosition === null || queuePosition === undefined ? '·' : queuePosition + 1}
        </span>
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
