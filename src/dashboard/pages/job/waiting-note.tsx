/** Why it waits, or why it failed: the sentence that whoever opens the page came for. */
import { type JobFactsFragment, WaitingDocument } from '../../generated/graphql.ts';
import { useLive } from '../../live/use-live.ts';
import { Until } from '../../parts/when.tsx';
import { words } from '../../text/format.ts';

export function WaitingNote({
  job: { failure, queuePosition, waiting },
}: {
  readonly job: JobFactsFragment;
}) {
  if (failure) {
    return (
      <p className="note is-bad">
        <strong className="reason">{words(failure.code)}</strong>
        {failure.message}
      </p>
    );
  }
  if (!waiting) return null;
  return (
    <p className="note">
      <strong className="reason">{words(waiting.reason)}</strong>
      {waiting.explanation}
      <span className="note-figures">
        {queuePosition != null && <span>place {queuePosition + 1}</span>}
        {waiting.expectedStart != null && (
          <span>
            starts <Until at={waiting.expectedStart} />
          </span>
        )}
        {waiting.expectedEnd != null && (
          <span>
            ends <Until at={waiting.expectedEnd} />
          </span>
        )}
      </span>
    </p>
  );
}

/** Why it waits changes without it: that is told with the queue. */
export function LiveWaiting({ job }: { readonly job: JobFactsFragment }) {
  const queue = useLive(WaitingDocument, { first: 1, filter: { matching: job.id } });
  const now = queue.value?.queueChanged.jobs.find(({ id }) => id === job.id);
  return <WaitingNote job={now ? { ...job, waiting: now.waiting, queuePosition: now.queuePosition } : job} />;
}
