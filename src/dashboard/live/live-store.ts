/**
 * What the page knows of the server: one entry for each thing that is asked for or followed, shared by all who show it. Components are
 * told of changes at most ten times a second. An entry that nobody shows any more is kept for a moment, so that going to a page and back
 * begins with what was there.
 */
import { after, now } from './clock.ts';
import type { Flush } from './flush.ts';

export interface Known<T> {
  /** Undefined before the first answer. */
  readonly value: T | undefined;
  /** Why there is no newer value; null where there is one. */
  readonly problem: Error | null;
  /** Whether the stream has ended because there is nothing more to tell. */
  readonly ended: boolean;
}

export interface Feed<T> {
  put(value: T): void;
  fail(problem: Error): void;
  end(): void;
}

/** @returns what ends it */
export type Source<T> = (feed: Feed<T>) => () => void;

/** Whether what is known stays true by itself, or was true when it was asked. */
export type SourceKind = 'stream' | 'answer';

const KEPT_MS = 5_000;
const NOTHING: Known<never> = { value: undefined, problem: null, ended: false };

class Entry<T> {
  known: Known<T> = NOTHING;
  readonly listeners = new Set<() => void>();
  source: Source<T> | null = null;
  stop: (() => void) | null = null;
  stopForgetting = () => {};
}

export class LiveStore {
  readonly #entries = new Map<string, Entry<unknown>>();
  readonly #flush: Flush;
  /** When the newest event came, in ms of this machine's time. */
  heardAt = 0;

  constructor(flush: Flush) {
    this.#flush = flush;
  }

  known<T>(name: string): Known<T> {
    return (this.#entries.get(name) as Entry<T> | undefined)?.known ?? NOTHING;
  }

  /** @returns what ends the watching */
  watch<T>(name: string, kind: SourceKind, source: Source<T>, listener: () => void): () => void {
    const entry = this.#entry<T>(name);
    entry.stopForgetting();
    // What has ended may go on by now, as a job does that is run again.
    if (entry.known.ended && entry.listeners.size === 0) {
      entry.stop?.();
      entry.stop = null;
      entry.known = NOTHING;
    }
    const returned = entry.listeners.size === 0 && kind === 'answer';
    entry.listeners.add(listener);
    entry.source = source;
    if (entry.stop !== null && returned) this.again(name);
    else if (entry.stop === null) this.#start(entry, source);
    return () => {
      entry.listeners.delete(listener);
      if (entry.listeners.size > 0) return;
      entry.stopForgetting = after(KEPT_MS, () => {
        entry.stop?.();
        this.#entries.delete(name);
      });
    };
  }

  /** Asks anew for what is shown; until there is an answer it stays. */
  again(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry?.source) return;
    entry.stop?.();
    this.#start(entry, entry.source);
  }

  #entry<T>(name: string): Entry<T> {
    const entry = (this.#entries.get(name) as Entry<T> | undefined) ?? new Entry<T>();
    this.#entries.set(name, entry as Entry<unknown>);
    return entry;
  }

  #start<T>(entry: Entry<T>, source: Source<T>): void {
    const become = (known: Known<T>) => {
      entry.known = known;
      this.#flush.tell(entry.listeners);
    };
    entry.stop = source({
      put: (value) => {
        this.heardAt = now();
        become({ value, problem: null, ended: false });
      },
      fail: (problem) => become({ ...entry.known, problem }),
      end: () => become({ ...entry.known, ended: true }),
    });
  }
}
