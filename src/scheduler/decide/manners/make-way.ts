/**
 * Who else had better leave for a model, who leaves early, and who must not come before it, on a server that goes by frozen records
 * (belief.ts): memory that comes back stays invisible to it as long as a resident that was loaded before it came back remains, so that a
 * large model often needs everybody gone. An empty card is really read.
 */
import { bytesOn } from '../../../domain/instance.ts';
import { LEAST_GAIN } from '../constants.ts';
import type { Draft } from '../draft.ts';
import { fitWithout } from '../fit.ts';
import type { Placement } from '../plan.ts';
import type { BackendSnapshot, GpuSnapshot, InstanceSnapshot, LoadOption } from '../snapshot.ts';
import { type MemoryRecord, serverAdmits } from './belief.ts';

/**
 * The rest of the residents on the card that is being cleared for the first of `wanted`, when none of them has anything to do and more
 * of `wanted` would be admitted onto the empty card than beside them.
 * @param willing to leave, the victims among them
 * @param wanted models that nothing serves, the most urgent first
 */
export function spoilers(
  draft: Draft,
  backend: BackendSnapshot,
  victims: readonly InstanceSnapshot[],
  willing: readonly InstanceSnapshot[],
  wanted: readonly LoadOption[],
): readonly InstanceSnapshot[] {
  const [target] = wanted;
  if (!target || victims.length === 0) return [];
  const placement = fitWithout(target, backend, victims);
  const card = placement?.length === 1 && backend.gpus.find(({ id }) => id === placement[0]?.gpuId);
  if (!card) return [];
  const here = backend.instances.filter((instance) => bytesOn(card.id, instance.footprint) > 0);
  const staying = here.filter((instance) => !victims.includes(instance));
  if (!staying.every((instance) => willing.includes(instance) && draft.isIdle(instance))) return [];
  const beside = countAdmitted(card, here, staying, wanted);
  const alone = countAdmitted(card, here, [], wanted);
  return alone - beside >= LEAST_GAIN ? staying : [];
}

/**
 * Those who have nothing to do and would keep `target` out even when everybody else has gone, while others still work; none where it could
 * not be loaded even then. Each unload may stall such a server for seconds, in which it does no other: these pass beside the work now,
 * and not after it.
 */
export function earlyLeavers(
  draft: Draft,
  backend: BackendSnapshot,
  target: LoadOption,
  willing: readonly InstanceSnapshot[],
): readonly InstanceSnapshot[] {
  if (draft.swapsOf(backend).length > 0) return [];
  const movable = backend.instances.filter(({ pinned }) => !pinned);
  // Kept out by another program, a reservation or a pin it would gain nothing.
  if (!fitWithout(target, backend, movable)) return [];
  return willing.filter((instance) => {
    const others = movable.filter((each) => each !== instance);
    return !draft.draining.has(instance.id) && draft.isIdle(instance) && !fitWithout(target, backend, others);
  });
}

/** Whether `option`, loaded now, would keep `target` out of every card even when all who may go have gone. */
export function wouldKeepOut(backend: BackendSnapshot, option: LoadOption, target: LoadOption): boolean {
  const pinned = backend.instances.filter((instance) => instance.pinned);
  const placement = fitWithout(option, backend, []) ?? [];
  const holds = (records: readonly MemoryRecord[]) =>
    backend.gpus.some((gpu) => {
      const taken = records.reduce((sum, record) => sum + bytesOn(gpu.id, record.footprint), 0);
      const fits = target.footprintBytes <= gpu.capacityBytes - taken;
      return fits && serverAdmits(target.predictedByServerBytes, gpu, records);
    });
  return holds(pinned) && !holds([...pinned, recordOf(option, placement, backend.gpus)]);
}

/** What its engine would go by if it were loaded now. */
function recordOf(
  { driverBytes }: LoadOption,
  footprint: Placement,
  gpus: readonly GpuSnapshot[],
): MemoryRecord {
  return {
    footprint,
    reportedBytes: footprint.reduce((sum, { bytes }) => sum + bytes - driverBytes, 0),
    freeBeforeLoad: new Map(gpus.map(({ id, freeBytes }) => [id, freeBytes])),
  };
}

/** How many could be loaded one after the other once all of `here` but `staying` have gone. */
function countAdmitted(
  card: GpuSnapshot,
  here: readonly InstanceSnapshot[],
  staying: readonly InstanceSnapshot[],
  wanted: readonly LoadOption[],
): number {
  const back = here.filter((instance) => !staying.includes(instance));
  let freeBytes =
    card.freeBytes -
    card.deficitBytes +
    back.reduce((sum, instance) => sum + bytesOn(card.id, instance.footprint), 0);
  const records: MemoryRecord[] = [...staying];
  for (const option of wanted) {
    const { footprintBytes, predictedByServerBytes } = option;
    if (footprintBytes > freeBytes || !serverAdmits(predictedByServerBytes, card, records)) continue;
    const footprint = [{ gpuId: card.id, bytes: footprintBytes }];
    records.push(recordOf(option, footprint, [{ ...card, freeBytes }]));
    freeBytes -= footprintBytes;
  }
  return records.length - staying.length;
}
