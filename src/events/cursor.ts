/** Where a subscriber stands, as opaque text that it can come back with. */
import type { EventLog } from './event-log.ts';

export interface LogPosition {
  /** The last entry that was taken. */
  readonly sequence: number;
  /** Revision up to which every change of a job was seen. */
  readonly revision: number;
}

export function cursorOf(log: EventLog, position: LogPosition): string {
  return `${log.epoch}.${position.sequence.toString(36)}.${position.revision.toString(36)}`;
}

/** For events in the middle of a snapshot: whoever comes back with it has not seen the rest, and is sent it all again. */
export function restartCursor(log: EventLog): string {
  return `${log.epoch}.restart`;
}

const CURSOR = /^([A-Za-z0-9_-]{8})\.(?:restart|([0-9a-z]{1,11})\.([0-9a-z]{1,11}))$/;

/** Whether `text` has the form of a cursor. Says nothing about whether it is still good. */
export function isCursor(text: string): boolean {
  return CURSOR.test(text);
}

/** Undefined when the cursor is of another start, was overrun, or is none: the stream begins anew. */
export function positionOf(log: EventLog, cursor: string): LogPosition | undefined {
  const [, epoch, sequenceText, revisionText] = CURSOR.exec(cursor) ?? [];
  if (epoch !== log.epoch || sequenceText === undefined || revisionText === undefined) return undefined;
  const sequence = Number.parseInt(sequenceText, 36);
  const revision = Number.parseInt(revisionText, 36);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(revision)) return undefined;
  // The entry after it must still be there, or not have happened yet.
  return sequence + 1 >= log.oldest && sequence <= log.newest ? { sequence, revision } : undefined;
}
