/** Percentiles of what jobs waited and ran. */
import type { LatencyStats } from '../domain/system.ts';

export function latencyOf(
  samples: readonly { readonly queueMs: number; readonly runMs: number }[],
): LatencyStats {
  const queue = samples.map(({ queueMs }) => queueMs).sort(ascending);
  const run = samples.map(({ runMs }) => runMs).sort(ascending);
  return {
    sampleCount: samples.length,
    queueP50Ms: percentile(queue, 0.5),
    queueP95Ms: percentile(queue, 0.95),
    runP50Ms: percentile(run, 0.5),
    runP95Ms: percentile(run, 0.95),
  };
}

/** Null of none. */
export function median(values: readonly number[]): number | null {
  return percentile(values.toSorted(ascending), 0.5);
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** Nearest rank. */
function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
