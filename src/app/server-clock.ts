/** The clock of the whole server, which says so when that of the machine was set. */
import { type Clock, SteadyClock } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';

export function serverClock(wallClock: Clock, logger: Pick<Logger, 'warn'>): SteadyClock {
  return SteadyClock.over(wallClock, (ms) =>
    logger.warn(
      `The clock of this machine was set ${ms > 0 ? 'forward' : 'back'} by ${Math.round(Math.abs(ms) / 1000)} s. ` +
        'Delays, deadlines and retention go on as if it had not been; a restart takes up its time.',
    ),
  );
}
