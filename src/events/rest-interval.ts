/** Pauses between events of a stream that tells states, and not every change. */
import type { Clock } from '../clock.ts';
import type { WaitOn } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';

export interface Interval {
  readonly clock: Clock;
  /** The pause ends early when the log does, so that a stopping server does not wait for it. */
  readonly log: Pick<EventLog, 'ended' | 'onEnd'>;
  readonly minIntervalMs: number;
  /** Monotonic time of the last event. */
  readonly since: number;
}

/** @param wait of the stream: resolves also when its reader has left */
export async function restInterval(
  wait: (register: WaitOn) => Promise<void>,
  { clock, log, minIntervalMs, since }: Interval,
): Promise<void> {
  const restMs = since + minIntervalMs - clock.monotonic();
  if (restMs <= 0 || log.ended) return;
  await wait((wake) => {
    const timer = clock.after(restMs, wake);
    const forgetEnd = log.onEnd(wake);
    return () => {
      timer.cancel();
      forgetEnd();
    };
  });
}
