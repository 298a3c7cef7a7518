/** What a queue can be loaded as, on each backend. */
import { NO_OVERHEAD } from '../../domain/card-overhead.ts';
import type { BackendId } from '../../domain/ids.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { ModelResolver } from '../../domain/resolver.ts';
import type { LoadOption } from '../decide/snapshot.ts';

/** What a queue would be loaded as on a backend; null when that backend has no such model, or is about to lose it. */
export function loadOption(
  queue: QueueKey,
  backendId: BackendId,
  resolver: Pick<ModelResolver, 'resolve'>,
): LoadOption | null {
  const resolved = resolver.resolve(queue, backendId);
  if (!resolved || resolved.withheld) return null;
  const { variant, config, footprintBytes, predictedByServerBytes, measured, loadMs, keepAliveMs } = resolved;
  return {
    backendId,
    variant,
    config,
    footprintBytes,
    overhead: resolved.overhead ?? NO_OVERHEAD,
    marginBytes: resolved.marginBytes ?? 0,
    cpuBytes: 0,
    driverBytes: resolved.driverBytes ?? 0,
    misfit: resolved.misfit ?? null,
    fewerSlots: resolved.fewerSlots ?? [],
    withMoreSlots: resolved.withMoreSlots ?? [],
    mayOffload: resolved.partialOffload ?? false,
    ...(resolved.gpus && { gpus: resolved.gpus }),
    predictedByServerBytes,
    measured,
    loadMs,
    keepAliveMs,
  };
}
