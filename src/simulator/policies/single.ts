/** One model at a time on each card, until its queue is empty; then the one with the longest queue. */

import { bytesOn } from '../machine/machine.ts';
import { QueueContender } from '../queues/queue-contender.ts';
import type { Contender, Stage } from './contender.ts';

export function single(stage: Stage): Contender {
  return new QueueContender(stage, (view) => {
    const [next] = view.wanted.toSorted((a, b) => view.waiting(b.name).length - view.waiting(a.name).length);
    if (!next) return null;
    for (let gpu = 0; gpu < view.gpus; gpu += 1) {
      const here = view.residents.filter(({ shares }) => bytesOn(shares, gpu) > 0);
      const isDone = here.every(
        ({ status, running, model }) =>
          status === 'ready' && running === 0 && view.waiting(model.name).length === 0,
      );
      const bytes = here.reduce((sum, { shares }) => sum + bytesOn(shares, gpu), 0);
      if (isDone && view.freeBytes(gpu) + bytes >= next.bytes) return { model: next, gpu, victims: here };
    }
    return null;
  });
}
