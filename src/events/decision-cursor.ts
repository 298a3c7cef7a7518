/** Where a follower of decisions stands, as opaque text: how many of each kind came before it. Good across restarts, as decisions are. */
import { DECISION_KINDS, type DecisionCounts, type DecisionPlace } from '../domain/decision.ts';

/** @param history names the store in which they are counted */
export function decisionCursor(history: string, { sequence, counts }: DecisionPlace): string {
  const each = DECISION_KINDS.map((kind) => counts[kind].toString(36));
  return [history, 'd', sequence.toString(36), each.join('-')].join('.');
}

const CURSOR = /^([A-Za-z0-9_-]{8})\.d\.([0-9a-z]{1,10})\.([0-9a-z]{1,10}(?:-[0-9a-z]{1,10}){0,31})$/;

/** Undefined when the cursor is of another store, or is none: the stream begins anew. */
export function decisionPlace(history: string, cursor: string): DecisionPlace | undefined {
  const [, cursorHistory, sequence = '', each = ''] = CURSOR.exec(cursor) ?? [];
  if (cursorHistory !== history) return undefined;
  const counts = each.split('-').map((text) => Number.parseInt(text, 36));
  return {
    sequence: Number.parseInt(sequence, 36),
    counts: Object.fromEntries(
      DECISION_KINDS.map((kind, place) => [kind, counts[place] ?? 0]),
    ) as DecisionCounts,
  };
}
