/** One download: how far, how fast, how long still. */
import { CancelPullDocument, type PullStateFragment } from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { Status } from '../../parts/status.tsx';
import { bytesText, durationText } from '../../text/format.ts';
import { useServerNow } from '../../text/server-time.ts';

export function PullRow({ pull }: { readonly pull: PullStateFragment }) {
  const cancel = useChange(CancelPullDocument);
  const { completedBytes, error, id, modelName, status, step, totalBytes } = pull;
  return (
    <li className="pull">
      <span className="pull-name">{modelName}</span>
      <Status of={status} />
      <progress
        max={totalBytes ?? 1}
        value={totalBytes == null ? 0 : completedBytes}
        aria-label={modelName}
      />
      <span className="quiet">
        {error ?? (status === 'RUNNING' ? <Pace pull={pull} /> : bytesText(completedBytes))}
        {status === 'RUNNING' && `, ${step}`}
      </span>
      {status === 'RUNNING' && (
        <Action change={cancel} run={() => cancel.run({ input: { id } })} about={`fetching ${modelName}`}>
          Cancel
        </Action>
      )}
    </li>
  );
}

/** By the mean since its start: the moment's own would jump. */
function Pace({ pull: { completedBytes, startedAt, totalBytes } }: { readonly pull: PullStateFragment }) {
  const ms = Math.max(1, useServerNow() - Date.parse(startedAt));
  const perSecond = (completedBytes * 1000) / ms;
  const left =
    totalBytes == null || perSecond === 0 ? null : ((totalBytes - completedBytes) / perSecond) * 1000;
  return (
    <>
      {bytesText(completedBytes)}
      {totalBytes != null && ` of ${bytesText(totalBytes)}`}, {bytesText(perSecond)} a second
      {left !== null && `, ${durationText(left)} left`}
    </>
  );
}
