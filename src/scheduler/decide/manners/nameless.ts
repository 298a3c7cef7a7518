/**
 * Instances that no name means any more, since somebody beside us pulled other weights under their name, or deleted it. Ollama cannot be
 * told to unload them, and those that we loaded never expire. It evicts them by itself for a load that does not fit beside them: its
 * victim is the one with the shortest keep-alive, then the first by the path of its weights, of those that run no request
 * (server/sched.go, findRunnerToUnload). So such a load is sent although the ledger has no room for it, where it is sure that the server
 * takes these and nobody else.
 */

import { ADMITTED_SHARE } from '../constants.ts';
import type { BackendSnapshot, GpuSnapshot, InstanceSnapshot, LoadOption } from '../snapshot.ts';
import { believedFreeBytes } from './belief.ts';

/** Whether nothing but its server can end it. */
export function isLeftToServer({ nameless, status }: InstanceSnapshot): boolean {
  return nameless && status === 'UNLOADING';
}

/**
 * Whom the server evicts for it once `leaving` are gone: as few as make it fit. None where that does not help, where the server would take
 * another instance first, or none.
 * @param fits whether it fits when these are gone
 */
export function evictedByServer(
  option: LoadOption,
  backend: BackendSnapshot,
  leaving: readonly InstanceSnapshot[],
  fits: (gone: readonly InstanceSnapshot[]) => boolean,
): readonly InstanceSnapshot[] {
  if (!backend.instances.some(isLeftToServer)) return [];
  const present = backend.instances.filter((instance) => !leaving.includes(instance));
  const inOrder = present
    .filter(isLeftToServer)
    .sort((a, b) => (a.variant.weights < b.variant.weights ? -1 : 1));
  for (let count = 1; count <= inOrder.length; count += 1) {
    const evicted = inOrder.slice(0, count);
    if (!fits([...leaving, ...evicted])) continue;
    const last = evicted.at(-1);
    const stillThere = present.filter((instance) => !evicted.includes(instance) || instance === last);
    const isSure = present.every((instance) => evicted.includes(instance) || goesLater(instance, evicted));
    return isSure && evictsFor(option, backend, stillThere) ? evicted : [];
  }
  return [];
}

/** A pinned one that the server takes all the same is loaded again at once. */
function goesLater(instance: InstanceSnapshot, evicted: readonly InstanceSnapshot[]): boolean {
  const { status, pinned, activeJobs, adopted, variant } = instance;
  if (status !== 'READY' || pinned || activeJobs > 0) return true;
  // What others loaded may have a keep-alive that ends, and so go first; and the paths of nameless weights that they loaded nobody knows.
  return !adopted && evicted.every((one) => !one.adopted && one.variant.weights < variant.weights);
}

/** Whether the server takes the load for one that does not fit beside these. */
function evictsFor(
  { predictedByServerBytes, footprintBytes }: LoadOption,
  { gpus, maxLoadedModels }: BackendSnapshot,
  present: readonly InstanceSnapshot[],
): boolean {
  if (present.length >= maxLoadedModels) return true;
  if (gpus.length === 0) return false;
  const refuses = gpus.every((gpu) => {
    const believed = believedFreeBytes(gpu, present) ?? readableBytes(gpu);
    return predictedByServerBytes > ADMITTED_SHARE * believed;
  });
  // Either it takes less than predicted, or it runs out of memory and is tried once more with everybody else gone.
  const runsOut = gpus.every((gpu) => footprintBytes > readableBytes(gpu));
  return refuses || (runsOut && present.every(isLeftToServer));
}

/** Free as the server reads it: headroom and reservations are ours alone. */
function readableBytes({ freeBytes, deficitBytes, reservedBytes, headroomBytes }: GpuSnapshot): number {
  return Math.max(0, freeBytes - deficitBytes + reservedBytes + headroomBytes);
}
