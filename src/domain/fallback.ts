/** Models that may do a job in place of each other, in the order in which its owner likes them. */
import type { QueueKey } from './queue-key.ts';
import { parseQueueKey } from './queue-key.ts';

export interface ModelChoice {
  readonly modelName: string;
  /** Where a job for it waits. */
  readonly queue: QueueKey;
}

export interface Fallback {
  /** As submitted, the most liked first, those that could not do it included. */
  readonly asked: readonly string[];
  /** Those that can do it, in that order. */
  readonly choices: readonly ModelChoice[];
  /** How long the job would wait for a better one, from its submission on, in milliseconds; null: for ever, unless it is gone. */
  readonly afterMs: number | null;
}

/** Of one job. */
interface WithFallback {
  readonly queue: QueueKey;
  readonly fallback?: Fallback | undefined;
}

/** Which of its choices it waits for now; -1 for none. A context that was chosen for it meanwhile makes no difference. */
export function placeOf({ queue, fallback }: WithFallback): number {
  const of = (key: QueueKey) => {
    const { model, backendId } = parseQueueKey(key);
    return `${model}#${backendId ?? ''}`;
  };
  return fallback?.choices.findIndex((choice) => of(choice.queue) === of(queue)) ?? -1;
}

/** Which comes after the one that it waits for now, where that cannot do it; null where none does. */
export function nextChoice(job: WithFallback): ModelChoice | null {
  return job.fallback?.choices[placeOf(job) + 1] ?? null;
}
