/** The stream behind `decided`: decisions as they are on disk, from the newest ones or from a cursor on. */
import {
  DECISION_KINDS,
  type Decision,
  type DecisionCounts,
  type DecisionKind,
  type DecisionSource,
} from '../domain/decision.ts';
import { decisionCursor, decisionPlace } from './decision-cursor.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';

export interface DecisionNotice {
  readonly cursor: string;
  readonly decision: Decision;
  /** How many of the kinds that are followed came since the notice before this one, or since the cursor, and were forgotten before they could be told. */
  readonly missed: number;
}

export interface DecidedFeedOptions {
  readonly log: EventLog;
  readonly source: DecisionSource;
  readonly after?: string;
  /** Absent: all. */
  readonly kinds?: readonly DecisionKind[] | undefined;
  /** Of those kinds, which are told. */
  readonly accepts: (decision: Decision) => boolean;
}

/** How many are told at first. */
export const NEWEST_DECISIONS = 50;
const PORTION = 64;

/** A position among the decisions that are kept, so a reader that is slow or has left costs nothing. */
export class DecidedFeed extends DemandStream<DecisionNotice> {
  readonly #options: DecidedFeedOptions;
  readonly #kinds: ReadonlySet<DecisionKind>;
  #sequence: number;
  /** Of each kind, how many came before the position. */
  readonly #counts: Record<DecisionKind, number>;
  #ahead: Decision[] = [];
  #missed = 0;

  constructor(options: DecidedFeedOptions) {
    super();
    this.#options = options;
    this.#kinds = new Set(options.kinds ?? DECISION_KINDS);
    const { after, log, source } = options;
    const place = after === undefined ? undefined : decisionPlace(log.history, after);
    // One that is ahead of all is of data that were set back.
    const isKnown = place !== undefined && place.sequence <= source.written;
    this.#sequence = isKnown ? place.sequence : this.#newest();
    this.#counts = { ...(isKnown ? place.counts : countsAt(source, this.#sequence)) };
  }

  protected async produce(): Promise<DecisionNotice | undefined> {
    const { log, source } = this.#options;
    while (!this.ended && !log.ended) {
      const next = this.ready();
      if (next) return next;
      await this.waitOn((wake) => {
        const ways = [log.onEnd(wake), source.onNextWritten(wake)];
        return () => {
          for (const takeBack of ways) takeBack();
        };
      });
    }
    return undefined;
  }

  protected override ready(): DecisionNotice | undefined {
    for (let decision = this.#take(); decision; decision = this.#take()) {
      const { kind, ofKind, sequence } = decision;
      const isMeant = this.#kinds.has(kind);
      if (isMeant) this.#missed += Math.max(0, ofKind - 1 - this.#counts[kind]);
      this.#sequence = sequence;
      this.#counts[kind] = ofKind;
      if (!isMeant || !this.#options.accepts(decision)) continue;
      const missed = this.#missed;
      this.#missed = 0;
      return {
        cursor: decisionCursor(this.#options.log.history, { sequence, counts: this.#counts }),
        decision,
        missed,
      };
    }
    return undefined;
  }

  #take(): Decision | undefined {
    const { source } = this.#options;
    if (this.#ahead.length === 0)
      this.#ahead = source
        .after(this.#sequence, PORTION)
        .filter(({ sequence }) => sequence <= source.written);
    return this.#ahead.shift();
  }

  /** The place before the newest ones. */
  #newest(): number {
    const { accepts, source } = this.#options;
    const meant = source
      .all()
      .filter((one) => one.sequence <= source.written && this.#kinds.has(one.kind) && accepts(one));
    const [first] = meant.slice(-NEWEST_DECISIONS);
    return first ? first.sequence - 1 : source.written;
  }
}

/** As the decisions that are kept tell it. */
function countsAt(source: DecisionSource, sequence: number): DecisionCounts {
  const counts = { ...source.end.counts };
  for (const { kind, ofKind, sequence: its } of source.all().toReversed())
    if (its > sequence) counts[kind] = ofKind - 1;
  return counts;
}
