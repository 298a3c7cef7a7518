/** A position in the event log, and what to take next from there. */
import type { DomainEvent } from '../domain/events.ts';
import type { BatchId } from '../domain/ids.ts';
import type { JobBefore } from '../domain/job-filter.ts';
import type { EventLog, LogEntry } from './event-log.ts';

export type ReadResult =
  | {
      readonly kind: 'entry';
      readonly entry: LogEntry;
      /** Older entries of the same key that were passed over since the last one taken. */
      readonly coalesced: number;
      /** The job before the first of those, and so as this reader was told last; null for none. */
      readonly before: JobBefore | null;
      /** Sequence of the entry before the first of those, 0 when the log knows of none. */
      readonly since: number;
    }
  /** Nothing new. */
  | { readonly kind: 'nothing' }
  /** Entries were lost between the position and the ring. */
  | { readonly kind: 'overrun' };

export interface LogReader {
  /** The last entry that was taken or passed over. */
  readonly sequence: number;
  read(): ReadResult;
  /** Goes on after `sequence`, forgetting what was passed over before. */
  moveTo(sequence: number): void;
}

/** What happens to the jobs of a batch, and to it as a whole. */
export function isOfBatch(id: BatchId): (event: DomainEvent) => boolean {
  return (event) =>
    event.kind === 'job' ? event.job.batchId === id : event.kind === 'batch' && event.id === id;
}

function jobBefore(event: DomainEvent): JobBefore | null {
  if (event.kind !== 'job' || event.previousStatus === null) return null;
  return { status: event.previousStatus, priority: event.previousPriority ?? event.job.priority };
}

/**
 * Follows one key. It costs the ring nothing and scans nothing: the newest entry is looked up, and the links back from it
 * tell what was passed over. Overrun only when the key's newest entry may have left the ring; otherwise the state at hand
 * is the newest, and `coalesced` counts what the ring still holds.
 */
export class KeyReader implements LogReader {
  readonly #log: EventLog;
  readonly #key: string;
  readonly #accepts: (event: DomainEvent) => boolean;
  #sequence: number;

  /** @param accepts what it does not let through is passed over without being counted, unless it is the newest. */
  constructor(
    log: EventLog,
    key: string,
    sequence: number,
    accepts: (event: DomainEvent) => boolean = () => true,
  ) {
    this.#log = log;
    this.#key = key;
    this.#sequence = sequence;
    this.#accepts = accepts;
  }

  get sequence(): number {
    return this.#sequence;
  }

  moveTo(sequence: number): void {
    this.#sequence = sequence;
  }

  read(): ReadResult {
    const from = this.#sequence;
    const newest = this.#log.latestOf(this.#key);
    if (!newest && from + 1 < this.#log.oldest) return { kind: 'overrun' };
    this.#sequence = this.#log.newest;
    if (!newest || newest.sequence <= from) return { kind: 'nothing' };
    let coalesced = 0;
    let first = newest;
    for (
      let entry = this.#log.entry(first.previous);
      entry && entry.sequence > from && this.#accepts(entry.event);
    ) {
      coalesced += 1;
      first = entry;
      entry = this.#log.entry(entry.previous);
    }
    return {
      kind: 'entry',
      entry: newest,
      coalesced,
      before: jobBefore(first.event),
      since: first.previous,
    };
  }
}

interface Passed {
  count: number;
  readonly before: JobBefore | null;
  readonly since: number;
}

/**
 * Follows every key that `accepts` lets through, in order, taking of each key only the newest entry in the ring. What it
 * remembers is a count per key that it has passed over and not taken yet; each of those has its newest entry in the ring,
 * ahead of the position, so a reader that stands still does not grow and none can hold more than the ring does.
 */
export class ScanReader implements LogReader {
  readonly #log: EventLog;
  readonly #accepts: (event: DomainEvent) => boolean;
  readonly #passed = new Map<string, Passed>();
  #sequence: number;

  constructor(log: EventLog, sequence: number, accepts: (event: DomainEvent) => boolean) {
    this.#log = log;
    this.#sequence = sequence;
    this.#accepts = accepts;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** How many keys it has passed over and not taken yet. */
  get passedKeys(): number {
    return this.#passed.size;
  }

  moveTo(sequence: number): void {
    this.#sequence = sequence;
    this.#passed.clear();
  }

  read(): ReadResult {
    if (this.#sequence + 1 < this.#log.oldest) return { kind: 'overrun' };
    for (let entry = this.#next(); entry; entry = this.#next()) {
      this.#sequence = entry.sequence;
      if (!this.#accepts(entry.event)) continue;
      const passed = this.#passed.get(entry.key);
      if (this.#log.latestOf(entry.key) === entry) {
        this.#passed.delete(entry.key);
        return {
          kind: 'entry',
          entry,
          coalesced: passed?.count ?? 0,
          before: passed ? passed.before : jobBefore(entry.event),
          since: passed ? passed.since : entry.previous,
        };
      }
      if (passed) passed.count += 1;
      else {
        this.#passed.set(entry.key, {
          count: 1,
          before: jobBefore(entry.event),
          since: entry.previous,
        });
      }
    }
    return { kind: 'nothing' };
  }

  #next(): LogEntry | undefined {
    return this.#log.entry(this.#sequence + 1);
  }
}
