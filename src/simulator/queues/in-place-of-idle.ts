/** Room for a model in the place of those that have nothing to do. */
import { bytesOn } from '../machine/machine.ts';
import type { SimulatedModel } from '../workload/workload.ts';
import type { Exchange, QueueView } from './queue-contender.ts';
import type { Resident } from './queue-server.ts';

/** On the card on which the fewest have to go, the first in `order` first. Null when somebody has to finish first. */
export function inPlaceOfIdle(
  model: SimulatedModel,
  view: QueueView,
  order: (a: Resident, b: Resident) => number,
): Exchange | null {
  const idle = view.residents
    .filter((one) => one.status === 'ready' && one.running === 0 && view.waiting(one.model.name).length === 0)
    .toSorted(order);
  let best: Exchange | null = null;
  for (let gpu = 0; gpu < view.gpus; gpu += 1) {
    const victims = [];
    let freeBytes = view.freeBytes(gpu);
    for (const one of idle) {
      if (freeBytes >= model.bytes) break;
      if (bytesOn(one.shares, gpu) === 0) continue;
      victims.push(one);
      freeBytes += bytesOn(one.shares, gpu);
    }
    if (freeBytes >= model.bytes && (!best || victims.length < best.victims.length))
      best = { model, gpu, victims };
  }
  return best;
}
