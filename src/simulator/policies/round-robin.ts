/**
 * The models in turns, each until its queue is empty: the next in the circle that has work is loaded, in the place of those that have none, of
 * whom that goes whose turn is farthest.
 */
import { bytesOn } from '../machine/machine.ts';
import { type Exchange, QueueContender, type QueueView } from '../queues/queue-contender.ts';
import type { SimulatedModel } from '../workload/workload.ts';
import type { Contender, Stage } from './contender.ts';

export function roundRobin(stage: Stage): Contender {
  const circle = stage.workload.models.map(({ name }) => name);
  let turn = 0;
  const distance = (from: number, name: string) =>
    (circle.indexOf(name) - from + circle.length) % circle.length;
  return new QueueContender(stage, (view) => {
    const [next] = view.wanted.toSorted((a, b) => distance(turn, a.name) - distance(turn, b.name));
    if (!next) return null;
    const its = circle.indexOf(next.name);
    const exchange = inPlaceOfIdle(next, view, (name) => distance(its, name));
    if (exchange) turn = its;
    return exchange;
  });
}

/** The card on which the least has to go. Null when somebody has to finish first. */
function inPlaceOfIdle(
  model: SimulatedModel,
  view: QueueView,
  distance: (name: string) => number,
): Exchange | null {
  const idle = view.residents
    .filter((one) => one.status === 'ready' && one.running === 0 && view.waiting(one.model.name).length === 0)
    .toSorted((a, b) => distance(b.model.name) - distance(a.model.name));
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
