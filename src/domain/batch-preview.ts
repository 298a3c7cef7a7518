/** What it would mean to queue jobs together now, told before they are. */
import type { JobPriority } from './job.ts';
import type { QueueKey } from './queue-key.ts';
import type { JobSize } from './work.ts';

/** A job that may come, as far as what becomes of it depends on it. */
export interface OutlinedJob {
  readonly queue: QueueKey;
  readonly priority: JobPriority;
  readonly size: JobSize;
}

/** Of the jobs of one model at one context length. */
export interface QueuePreview {
  readonly queue: QueueKey;
  readonly modelName: string;
  readonly jobs: number;
  /** Whether what they wait for is in memory. */
  readonly inMemory: boolean;
  /** How often that is brought into memory until the last of them starts; at least so often where no end is known. */
  readonly loads: number;
  /** When the first should start and the last be done, epoch milliseconds; null where it cannot be known. */
  readonly expectedStart: number | null;
  readonly expectedEnd: number | null;
  /** Why no end is known; null where one is. */
  readonly problem: string | null;
}

export interface BatchPreview extends Pick<QueuePreview, 'loads' | 'expectedStart' | 'expectedEnd'> {
  /** Those that end last come last. */
  readonly queues: readonly QueuePreview[];
  /** Models that are in memory now and make room before the last of the jobs starts. */
  readonly unloads: readonly string[];
  /** All of it in a few sentences. */
  readonly explanation: string;
}
