/**
 * The models in turns, each until its queue is empty: the next in the circle that has work is loaded, in the place of those that have none, of
 * whom that goes whose turn is farthest.
 */
import { inPlaceOfIdle } from '../queues/in-place-of-idle.ts';
import { QueueContender } from '../queues/queue-contender.ts';
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
    const exchange = inPlaceOfIdle(
      next,
      view,
      (a, b) => distance(its, b.model.name) - distance(its, a.model.name),
    );
    if (exchange) turn = its;
    return exchange;
  });
}
