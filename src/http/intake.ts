/** The memory for what callers send, over all ways in. */
import type { Clock } from '../clock.ts';
import { ByteBudget } from './byte-budget.ts';
import type { HttpLimits } from './http-limits.ts';

export interface Intake {
  /** Bodies and messages, until they are answered. */
  readonly work: ByteBudget;
  /** What subscriptions were asked with, until they end: they may last for days, and must not hold up work. */
  readonly streams: ByteBudget;
}

/** @param largestBody that any route takes, in bytes */
export function createIntake(limits: HttpLimits, largestBody: number, clock: Clock): Intake {
  const { bytesForSmall, bytesInWork, bytesOfStreams, smallBytes, waitingBodies, waitingMs } = limits;
  const common = { smallBytes, places: waitingBodies, waitMs: waitingMs, clock };
  return {
    work: new ByteBudget({
      ...common,
      // The largest body that is allowed must fit beside the reserve.
      bytes: Math.max(bytesInWork, largestBody + bytesForSmall),
      reservedBytes: bytesForSmall,
    }),
    // Only what is small: nobody asks for a subscription with an upload.
    streams: new ByteBudget({ ...common, bytes: bytesOfStreams, reservedBytes: bytesOfStreams }),
  };
}
