/** What is known of loads that failed, for whoever waits for one. */
import type { LoadOption } from '../decide/snapshot.ts';
import type { SchedulerState } from '../state.ts';

export interface FailedLoads {
  readonly count: number;
  /** What the last one ended with. */
  readonly message: string;
  readonly isFinal: boolean;
}

/** Of the weights of these options, wherever they were tried. */
export function failedLoads(options: readonly LoadOption[], state: SchedulerState): FailedLoads {
  const failures = options.flatMap(({ backendId, variant: { weights } }) => {
    const backend = state.backends.get(backendId);
    const hold = backend?.loadHolds.get(weights);
    const shortfalls = backend?.shortfalls.filter((one) => one.weights === weights) ?? [];
    return [
      ...(hold ? [{ count: hold.failures, message: hold.message, isFinal: hold.isFinal }] : []),
      ...shortfalls.map(({ times, message }) => ({ count: times, message, isFinal: false })),
    ];
  });
  return {
    count: failures.reduce((sum, { count }) => sum + count, 0),
    message: failures.at(-1)?.message ?? '',
    isFinal: failures.length > 0 && failures.every(({ isFinal }) => isFinal),
  };
}
