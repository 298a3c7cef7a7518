/** How long an answer took, for people. Pure. */
import { formatDuration } from '../../domain/units.ts';
import type { ShownJob } from '../jobs/api-calls.ts';
import type { Fact } from '../terminal/facts.ts';

export function timings(job: ShownJob): readonly Fact[] {
  const { createdAt, startedAt, finishedAt, result } = job;
  const ms = (from: string | null | undefined, to: string | null | undefined) =>
    from && to ? formatDuration(Date.parse(to) - Date.parse(from)) : null;
  const usage = result?.usage;
  return [
    ['Total', ms(createdAt, finishedAt)],
    ['Queue', ms(createdAt, startedAt)],
    ['Load', usage ? formatDuration(usage.loadDuration) : null],
    ['Prompt', usage ? tokens(usage.promptTokens, usage.promptDuration ?? null) : null],
    ['Answer', usage ? tokens(usage.completionTokens, usage.evalDuration) : null],
  ];
}

function tokens(count: number, ms: number | null): string {
  const rate = ms === null || ms <= 0 ? '' : `, ${((count * 1000) / ms).toFixed(1)} tokens/s`;
  return `${count} tokens${rate}`;
}
