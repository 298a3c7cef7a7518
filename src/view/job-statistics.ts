/** Waiting and running times of finished jobs, for people, and how many prompts were cut. Bounded: old ones are forgotten. */
import { isTerminal, type Job, type JobPriority, type TokenUsage } from '../domain/job.ts';
import type { JobChange } from '../domain/store.ts';
import type { LatencyStats } from '../domain/system.ts';
import { EndedJobs } from './ended-jobs.ts';
import { latencyOf } from './latency.ts';

interface Sample {
  readonly finishedAt: number;
  readonly priority: JobPriority;
  readonly queueMs: number;
  readonly runMs: number;
}

const MOST_SAMPLES = 20_000;

export class JobStatistics {
  readonly ended = new EndedJobs();
  readonly #samples: Sample[] = [];
  #truncatedPrompts = 0;
  #tokens = { promptTokens: 0, completionTokens: 0 };
  #cost = 0;

  record(changes: readonly JobChange[]): void {
    this.ended.record(changes);
    for (const { job } of changes) if (isTerminal(job.status)) this.#add(job);
  }

  notePromptCut(): void {
    this.#truncatedPrompts += 1;
  }

  noteUsage({
    promptTokens,
    completionTokens,
    cost = 0,
  }: Pick<TokenUsage, 'promptTokens' | 'completionTokens' | 'cost'>): void {
    this.#cost += cost;
    this.#tokens = {
      promptTokens: this.#tokens.promptTokens + promptTokens,
      completionTokens: this.#tokens.completionTokens + completionTokens,
    };
  }

  /** Since the start. */
  get tokens(): Pick<TokenUsage, 'promptTokens' | 'completionTokens'> {
    return this.#tokens;
  }

  /** What providers took since the start, by their prices. */
  get cost(): number {
    return this.#cost;
  }

  /** Since the start. */
  get truncatedPrompts(): number {
    return this.#truncatedPrompts;
  }

  #add(job: Job): void {
    if (job.startedAt === null || job.finishedAt === null) return;
    const runMs = Math.max(0, job.finishedAt - job.startedAt);
    const queueMs = Math.max(0, job.startedAt - job.createdAt);
    this.#samples.push({ finishedAt: job.finishedAt, priority: job.priority, queueMs, runMs });
    if (this.#samples.length > MOST_SAMPLES * 1.25)
      this.#samples.splice(0, this.#samples.length - MOST_SAMPLES);
  }

  /** Over jobs that finished within the last `windowMs`. */
  latency(priority: JobPriority | null, windowMs: number, now: number): LatencyStats {
    const own = this.#within(windowMs, now).filter(
      (sample) => priority === null || sample.priority === priority,
    );
    return latencyOf(own);
  }

  /** How many jobs finished within the last `windowMs`, as far as is remembered. */
  finishedWithin(windowMs: number, now: number): number {
    return this.#within(windowMs, now).length;
  }

  /** Samples come in order of time, so the window is a tail. */
  #within(windowMs: number, now: number): readonly Sample[] {
    const first = this.#samples.findLastIndex((sample) => sample.finishedAt < now - windowMs) + 1;
    return this.#samples.slice(first);
  }
}
