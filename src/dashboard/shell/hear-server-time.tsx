/** Hears the server's time, whatever page is shown. */
import { useEffect } from 'react';
import { usePulse } from '../live/use-followed.ts';
import { useLink } from '../live/use-live.ts';
import { doubtServerTime, hearServerTime } from '../text/server-time.ts';

export function HearServerTime() {
  const at = usePulse();
  const { status } = useLink();
  useEffect(() => {
    if (status !== 'open') doubtServerTime();
  }, [status]);
  useEffect(() => {
    if (at !== undefined) hearServerTime(at);
  }, [at]);
  return null;
}
