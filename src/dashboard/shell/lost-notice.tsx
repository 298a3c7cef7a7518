/** Says that what is shown is old. A short loss, as a restart makes, is not worth the fright. */
import { useSyncExternalStore } from 'react';
import { every, now } from '../live/clock.ts';
import { useLink, useLiveParts } from '../live/use-live.ts';
import { durationText } from '../text/format.ts';

const OLD_MS = 5_000;

/** How long nothing has been heard, in ms, in whole seconds; 0 while the connection stands. */
function useSilence(): number {
  const link = useLink();
  const { store } = useLiveParts();
  const lost = link.status === 'lost';
  return useSyncExternalStore(watchSeconds, () =>
    lost ? Math.floor((now() - Math.max(store.heardAt, 0) || 0) / 1000) * 1000 : 0,
  );
}

const watchSeconds = (listener: () => void) => every(1_000, listener);

export function useIsStale(): boolean {
  return useSilence() > OLD_MS;
}

export function LostNotice() {
  const silence = useSilence();
  if (silence <= OLD_MS) return null;
  return (
    <p className="lost" role="alert">
      Connection lost. What you see is {durationText(silence)} old. Trying again.
    </p>
  );
}
