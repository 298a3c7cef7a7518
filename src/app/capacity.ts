/** Whether a queue's model could ever be loaded, judged by what is known of every backend. */
import type { QueueKey } from '../domain/queue-key.ts';
import type { ModelResolver } from '../domain/resolver.ts';
import { place } from '../scheduler/decide/fit.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import { loadOption } from '../scheduler/options.ts';

/** Null when it fits somewhere once all else is gone, or when a backend that has the model has not told its memory yet. */
export function tooLarge(
  queue: QueueKey,
  loop: SchedulerLoop,
  resolver: ModelResolver,
): { readonly requiredBytes: number; readonly largestBytes: number } | null {
  let required = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const { settings, gpus } of loop.state.backends.values()) {
    const option = loadOption(queue, settings.id, resolver);
    if (!option) continue;
    if (gpus === null || option.mayOffload) return null;
    const empty = gpus.map(({ id, reading }) => ({
      id,
      freeBytes: Math.max(0, reading.totalBytes - settings.headroomBytes),
    }));
    if (place(option.footprintBytes, empty)) return null;
    required = Math.min(required, option.footprintBytes);
    largest = Math.max(
      largest,
      empty.reduce((sum, gpu) => sum + gpu.freeBytes, 0),
    );
  }
  return Number.isFinite(required) ? { requiredBytes: required, largestBytes: largest } : null;
}
