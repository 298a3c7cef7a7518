/** A simple scheduler outside a server: the model with the longest queue is loaded next, in the place of those with an empty one. */
import { inPlaceOfIdle } from '../queues/in-place-of-idle.ts';
import { QueueContender, type QueueView } from '../queues/queue-contender.ts';
import type { ContenderFactory } from './contender.ts';
import { type OllamaSettings, USUAL_OLLAMA } from './ollama.ts';

/** @param ollama how an attached server is set up */
export function longestQueue(ollama: OllamaSettings = USUAL_OLLAMA): ContenderFactory {
  return (stage) => {
    const { machine } = stage;
    const next = (view: QueueView) => {
      // One load after the other, whatever the server would bear.
      if (machine.loaded.some(({ status }) => status === 'loading')) return null;
      const [longest] = view.wanted.toSorted(
        (a, b) => view.waiting(b.name).length - view.waiting(a.name).length,
      );
      return longest ? inPlaceOfIdle(longest, view, (a, b) => a.lastUsedMs - b.lastUsedMs) : null;
    };
    return new QueueContender(stage, next, ollama);
  };
}
