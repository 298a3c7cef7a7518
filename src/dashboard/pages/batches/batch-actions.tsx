/** What can be done to a batch as a whole. */
import {
  type BatchFactsFragment,
  CancelBatchDocument,
  RetryBatchDocument,
  UpdateBatchDocument,
} from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { plural } from '../../text/format.ts';

interface BatchActionsProps {
  readonly batch: BatchFactsFragment;
  /** What follows the batch has ended with it: it goes on. */
  readonly onRunAgain: () => void;
  readonly onChange: () => void;
}

export function BatchActions({ batch, onChange, onRunAgain }: BatchActionsProps) {
  const cancel = useChange(CancelBatchDocument);
  const retry = useChange(RetryBatchDocument);
  const keep = useChange(UpdateBatchDocument);
  const { counts, id, kept, name } = batch;
  const about = name ?? 'this batch';
  const left = counts.pending + counts.queued + counts.running;
  const runAgain = async (cancelled: boolean) => {
    if (await retry.run({ input: { id, cancelled } })) onRunAgain();
  };
  return (
    <span className="actions">
      {left > 0 && (
        <Action
          change={cancel}
          run={async () => (await cancel.run({ input: { id } })) && onChange()}
          about={about}
          kind="danger"
          ask={`Cancel the ${plural(left, 'job')} of “${about}” that have not ended?`}
        >
          Cancel
        </Action>
      )}
      {counts.failed > 0 && (
        <Action change={retry} run={() => runAgain(false)} about={about}>
          Try {plural(counts.failed, 'failed job')} again
        </Action>
      )}
      {counts.failed === 0 && counts.cancelled > 0 && (
        <Action change={retry} run={() => runAgain(true)} about={about}>
          Run {plural(counts.cancelled, 'cancelled job')}
        </Action>
      )}
      <Action
        change={keep}
        run={async () => (await keep.run({ input: { id, keep: !kept } })) && onChange()}
        about={about}
        ask={kept ? `Keep “${about}” no longer? It is forgotten after the usual time.` : undefined}
      >
        {kept ? 'Kept: let it go' : 'Keep'}
      </Action>
    </span>
  );
}
