/** Says that what is shown is old. A short loss, as a restart makes, is not worth the fright. */
import { useSyncExternalStore } from 'react';
import { every, now } from '../live/clock.ts';
import { useLink, useLiveParts } from '../live/use-live.ts';
import { durationText } from '../text/format.ts';

const OLD_MS = 5_000;

/** How long the connection has been lost, in ms, in whole seconds; 0 while it stands. */
function useSilence(): number {
  const link = useLink();
  const since = link.status === 'lost' ? link.since : null;
  return useSyncExternalStore(watchSeconds, () =>
    since === null ? 0 : Math.floor((now() - since) / 1000) * 1000,
  );
}

const watchSeconds = (listener: () => void) => every(1_000, listener);

export function useIsStale(): boolean {
  return useSilence() > OLD_MS;
}

export function LostNotice() {
  const silence = useSilence();
  const { status } = useLink();
  const { store } = useLiveParts();
  if (status === 'lost' && store.heardAt === 0)
    return (
      <p className="lost" role="alert">
        The server cannot be reached. Trying again.
      </p>
    );
  if (silence <= OLD_MS) return null;
  return (
    <p className="lost">
      <span role="alert">Connection lost. Trying again.</span> {/* Not announced: it counts. */}
      <span>What you see is {durationText(silence)} old.</span>
    </p>
  );
}
