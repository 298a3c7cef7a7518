/** One batch as it gets on: asked for when it is shown, followed until it has ended, and asked for again with the server's figures after that. */
import { type BatchFactsFragment, BatchLiveDocument, BatchShownDocument } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { type Shown, useAnswer, useLive } from '../../live/use-live.ts';

export interface ShownBatch extends BatchFactsFragment {
  readonly metadata?: unknown;
}

/** Null: there is no such batch. */
export function useBatch(id: string): Shown<ShownBatch | null> {
  // What people write to it, as a name or a rating, is not followed.
  const asked = useFollowed(useAnswer(BatchShownDocument, { id }), usePulse());
  const live = useLive(BatchLiveDocument, { id });
  const shown = asked.value?.batch;
  if (!shown) return { ...asked, value: asked.value === undefined ? undefined : null };
  const followed = live.value?.batchUpdated;
  const newer = followed && !live.ended ? followed : shown;
  return {
    ...asked,
    value: {
      ...shown,
      counts: newer.counts,
      expectedEnd: newer.expectedEnd ?? null,
      finishedAt: newer.finishedAt ?? null,
    },
  };
}
