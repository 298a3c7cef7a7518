/** How fast a model reads and writes, from the jobs that it has completed. */
import type { ModelSpeed } from '../domain/usage-figures.ts';
import type { EndedJob } from './ended-jobs.ts';
import { median } from './latency.ts';

/** Null without any such job. @param model its canonical name */
export function modelSpeed(ended: readonly EndedJob[], model: string): ModelSpeed | null {
  const usages = ended.flatMap((job) => (job.model === model ? (job.usage ?? []) : []));
  if (usages.length === 0) return null;
  const perSecond = (tokens: number, ms: number | undefined) =>
    ms && ms > 0 && tokens > 0 ? [(tokens * 1_000) / ms] : [];
  return {
    jobs: usages.length,
    tokensPerSecond: median(
      usages.flatMap(({ completionTokens, evalDurationMs }) => perSecond(completionTokens, evalDurationMs)),
    ),
    promptTokensPerSecond: median(
      usages.flatMap(({ promptTokens, promptDurationMs }) => perSecond(promptTokens, promptDurationMs)),
    ),
  };
}
