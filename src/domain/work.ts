/** What says before a job runs how much work it will be, and afterwards what it was. */
import type { TokenUsage } from './job.ts';
import type { JobKind } from './request.ts';

export interface JobSize {
  readonly kind: JobKind;
  /** Of all its texts in UTF-8; what is no text counts as the bytes of a text that takes as long to read. */
  readonly promptBytes: number;
  /** The longest answer that was asked for; null where nobody said. */
  readonly maxTokens: number | null;
}

/** A run that ended with a result. */
export interface DoneWork {
  readonly size: JobSize;
  readonly usage: Pick<TokenUsage, 'promptDurationMs' | 'completionTokens' | 'evalDurationMs'>;
}

/** How far off estimates were lately. */
export interface EstimateError {
  /** How many estimates that is. */
  readonly sampleCount: number;
  /** Median of |estimate − real| / real; null without any. */
  readonly medianError: number | null;
  /** By which part of what they were in truth all of them together were too long; negative where they were too short, null without any. */
  readonly bias: number | null;
}
