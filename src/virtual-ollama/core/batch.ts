import type { Clock, Timer } from '../../clock.ts';
import type { Pace } from './pace.ts';

/** What one request makes the engine do. */
export interface BatchWork {
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** The token count at which the stream stops for ever, or the engine dies. */
  readonly stallAt?: number;
  readonly dieAt?: number;
  /** Without it no timer is set for single tokens. */
  onToken?(index: number): void;
  onDone(timings: BatchTimings): void;
  onDie?(): void;
}

export interface BatchTimings {
  readonly promptMs: number;
  readonly outputMs: number;
}

interface Member {
  readonly work: BatchWork;
  readonly startMs: number;
  readonly promptEndMs: number;
  /** Tokens so far, with fractions. */
  progress: number;
  emitted: number;
}

/** Rounding must not put a token that is due now off to a next timer. */
const EPSILON = 1e-6;
/** A clock that counts from 1970 cannot tell shorter times apart, and would stand still. */
const SHORTEST_DELAY_MS = 0.01;

/**
 * The requests that an engine works on at the same time. Prompts are read at a fixed rate; each of k requests
 * then advances at the rate for k, so a request that comes or goes changes the speed of the others at once.
 */
export class Batch {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #gpuPart: number | undefined;
  readonly #members = new Set<Member>();
  #settledMs = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, pace: Pace, gpuPart: number | undefined) {
    this.#clock = clock;
    this.#pace = pace;
    this.#gpuPart = gpuPart;
  }

  get size(): number {
    return this.#members.size;
  }

  add(work: BatchWork): { leave(): void } {
    this.#settle();
    const startMs = this.#clock.monotonic();
    const member: Member = {
      work,
      startMs,
      promptEndMs: startMs + this.#pace.promptMs(work.promptTokens),
      progress: 0,
      emitted: 0,
    };
    this.#members.add(member);
    this.#arm();
    return {
      leave: () => {
        if (!this.#members.has(member)) return;
        this.#settle();
        this.#members.delete(member);
        this.#arm();
      },
    };
  }

  /** Drops everybody without a word: the engine is gone. */
  clear(): void {
    this.#members.clear();
    this.#arm();
  }

  #rate(): number {
    return this.#pace.tokensPerMs(this.#members.size, this.#gpuPart);
  }

  /** Brings everybody's progress up to now, at the rate that held since the last time. */
  #settle(): void {
    const nowMs = this.#clock.monotonic();
    const rate = this.#rate();
    for (const member of this.#members) {
      const activeMs = Math.max(0, nowMs - Math.max(this.#settledMs, member.promptEndMs));
      member.progress = Math.min(limitOf(member.work), member.progress + activeMs * rate);
    }
    this.#settledMs = nowMs;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const rate = this.#rate();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const member of this.#members) earliestMs = Math.min(earliestMs, this.#dueMs(member, rate));
    if (earliestMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(SHORTEST_DELAY_MS, earliestMs - this.#clock.monotonic());
    this.#timer = this.#clock.after(delayMs, () => this.#tick());
  }

  /** When something happens to this member next, if nobody comes or goes. */
  #dueMs(member: Member, rate: number): number {
    const { work } = member;
    const limit = limitOf(work);
    if (member.emitted >= limit && limit < work.outputTokens && work.dieAt === undefined)
      return Number.POSITIVE_INFINITY;
    const next = work.onToken ? Math.min(limit, member.emitted + 1) : limit;
    const fromMs = Math.max(this.#settledMs, member.promptEndMs);
    return fromMs + Math.max(0, next - member.progress) / rate;
  }

  #tick(): void {
    this.#timer = undefined;
    this.#settle();
    for (const member of [...this.#members]) this.#advance(member);
    this.#arm();
  }

  #advance(member: Member): void {
    const { work } = member;
    const nowMs = this.#clock.monotonic();
    if (nowMs + EPSILON < member.promptEndMs) return;
    while (member.emitted + 1 <= member.progress + EPSILON) {
      // Whoever hears of a token may end the request, and with it the member.
      if (!this.#members.has(member)) return;
      const index = member.emitted++;
      work.onToken?.(index);
    }
    if (!this.#members.has(member) || member.progress + EPSILON < limitOf(work)) return;
    if (work.dieAt !== undefined && member.emitted >= work.dieAt) work.onDie?.();
    else if (member.emitted >= work.outputTokens) {
      this.#members.delete(member);
      work.onDone({ promptMs: member.promptEndMs - member.startMs, outputMs: nowMs - member.promptEndMs });
    }
  }
}

function limitOf(work: BatchWork): number {
  return Math.min(work.outputTokens, work.stallAt ?? work.outputTokens, work.dieAt ?? work.outputTokens);
}
