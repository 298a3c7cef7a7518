/**
 * What happened, in a ring that all subscribers share. A subscriber is a position in it, never a buffer: one that reads
 * slowly, or not at all, costs nothing, and one that the ring has overrun is told so and heals from the store.
 */
import type { Random } from '../clock.ts';
import type { DomainEvent, EventPublisher } from '../domain/events.ts';
import { newHistory } from './history.ts';

/** The newest entry of a key is its state: the id of a job or a pull, or VRAM_KEY. */
export const VRAM_KEY = 'vram';

export interface LogEntry {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly key: string;
  readonly event: DomainEvent;
  /** Sequence of the entry before it with the same key, 0 for none. A number and not a link, so that it keeps nothing alive. */
  readonly previous: number;
  /** The newest revision of any job up to here, 0 when there was none: where a reader that was overrun here goes on in the store. */
  readonly revision: number;
}

export interface EventLogOptions {
  readonly random: Random;
  /** Entries held. */
  readonly capacity?: number;
}

const DEFAULT_CAPACITY = 8_192;

export class EventLog implements EventPublisher {
  #history: string;
  readonly #ring: (LogEntry | undefined)[];
  readonly #latest = new Map<string, number>();
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #waitersForAny = new Set<() => void>();
  readonly #waitersForEnd = new Set<() => void>();
  #newest = 0;
  #revision = 0;
  /** Every change of a job with a higher revision is in the ring. */
  #reachesBackTo = Number.POSITIVE_INFINITY;
  #ended = false;

  constructor({ random, capacity = DEFAULT_CAPACITY }: EventLogOptions) {
    this.#history = newHistory(random);
    this.#ring = new Array(capacity).fill(undefined);
  }

  publish(event: DomainEvent, at: number): void {
    if (this.#ended) return;
    const key = keyOf(event);
    const sequence = this.#newest + 1;
    const slot = sequence % this.#ring.length;
    const evicted = this.#ring[slot];
    if (evicted && this.#latest.get(evicted.key) === evicted.sequence) this.#latest.delete(evicted.key);
    if (evicted?.event.kind === 'job') this.#reachesBackTo = evicted.revision;
    if (event.kind === 'job') {
      this.#reachesBackTo = Math.min(this.#reachesBackTo, event.job.revision - 1);
      this.#revision = Math.max(this.#revision, event.job.revision);
    }
    const previous = this.#latest.get(key) ?? 0;
    this.#ring[slot] = { sequence, at, key, event, previous, revision: this.#revision };
    this.#latest.set(key, sequence);
    this.#newest = sequence;
    wakeAll(this.#waitersForAny);
    const waiters = this.#waiters.get(key);
    if (waiters) {
      this.#waiters.delete(key);
      wakeAll(waiters);
    }
  }

  /** Names the store whose changes are published here. */
  get history(): string {
    return this.#history;
  }

  /** What is published from now on happens to the store of this name. */
  follow(history: string): void {
    this.#history = history;
  }

  /** Sequence of the newest entry, 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Sequence of the oldest entry still held; one above `newest` before the first. */
  get oldest(): number {
    return Math.max(1, this.#newest - this.#ring.length + 1);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** How many readers wait for something to happen. */
  get waiting(): number {
    let count = this.#waitersForAny.size + this.#waitersForEnd.size;
    for (const waiters of this.#waiters.values()) count += waiters.size;
    return count;
  }

  /** How many keys have an entry in the ring. */
  get keys(): number {
    return this.#latest.size;
  }

  /** Undefined when it has left the ring or is yet to come. */
  entry(sequence: number): LogEntry | undefined {
    const entry = this.#ring[sequence % this.#ring.length];
    return entry?.sequence === sequence ? entry : undefined;
  }

  /** The last entry at which every change up to `revision` had happened. Undefined when some later change is not in the ring. */
  sequenceAt(revision: number): number | undefined {
    if (revision < this.#reachesBackTo) return undefined;
    let before = this.oldest - 1;
    let after = this.#newest + 1;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if ((this.entry(middle)?.revision ?? 0) <= revision) before = middle;
      else after = middle;
    }
    return before;
  }

  latestOf(key: string): LogEntry | undefined {
    const sequence = this.#latest.get(key);
    return sequence === undefined ? undefined : this.entry(sequence);
  }

  /** Calls `wake` once, at the next entry (of `key`, or any for null) or when the log ends. Answers how to take that back. */
  onNext(key: string | null, wake: () => void): () => void {
    if (this.#ended) {
      wake();
      return () => {};
    }
    if (key === null) {
      this.#waitersForAny.add(wake);
      return () => void this.#waitersForAny.delete(wake);
    }
    const waiters = this.#waiters.get(key) ?? new Set();
    this.#waiters.set(key, waiters.add(wake));
    return () => {
      waiters.delete(wake);
      if (waiters.size === 0 && this.#waiters.get(key) === waiters) this.#waiters.delete(key);
    };
  }

  /** Calls `wake` once when the log ends. Answers how to take that back. */
  onEnd(wake: () => void): () => void {
    if (this.#ended) wake();
    else this.#waitersForEnd.add(wake);
    return () => void this.#waitersForEnd.delete(wake);
  }

  /** Completes every stream that follows the log: the server is stopping. What is published later is dropped. */
  end(): void {
    this.#ended = true;
    wakeAll(this.#waitersForAny);
    wakeAll(this.#waitersForEnd);
    const byKey = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const waiters of byKey) wakeAll(waiters);
  }
}

function keyOf(event: DomainEvent): string {
  switch (event.kind) {
    case 'job':
      return event.job.id;
    case 'batch':
      return event.id;
    case 'pull':
      return event.pull.id;
    case 'vram':
      return VRAM_KEY;
    default:
      return event satisfies never;
  }
}

/** Waking only settles promises, so no reader's code runs inside `publish`. */
function wakeAll(waiters: Set<() => void>): void {
  const woken = [...waiters];
  waiters.clear();
  for (const wake of woken) wake();
}
