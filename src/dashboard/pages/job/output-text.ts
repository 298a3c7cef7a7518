/** The output of a job, put together from its chunks. */
import type { JobOutputSubscription, JobOutputSubscriptionVariables } from '../../generated/graphql.ts';

export interface OutputText {
  readonly attempt: number;
  readonly text: string;
  readonly thinking: string;
}

export const NOTHING_SAID: OutputText = { attempt: 0, text: '', thinking: '' };

export function withChunk(output: OutputText | undefined, { jobOutput }: JobOutputSubscription): OutputText {
  return withPart(output, jobOutput);
}

/** Another attempt begins anew: what the one before produced is void. */
export function withPart(
  output: OutputText = NOTHING_SAID,
  { attempt, channel, text }: Pick<JobOutputSubscription['jobOutput'], 'attempt' | 'channel' | 'text'>,
): OutputText {
  const before = attempt === output.attempt ? output : { ...NOTHING_SAID, attempt };
  return channel === 'THINKING'
    ? { ...before, thinking: before.thinking + text }
    : { ...before, text: before.text + text };
}

/** Where the stream goes on when it was lost after this chunk. */
export function resumeAfter({
  jobOutput: { attempt, offset, text },
}: JobOutputSubscription): Partial<JobOutputSubscriptionVariables> {
  return { attempt, fromOffset: offset + text.length };
}
