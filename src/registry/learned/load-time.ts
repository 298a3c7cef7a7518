/** How long a load will take: from the page cache, or from the disk. */
import type { LearnedEntry } from './observation.ts';

/** Of starting an engine, whatever it loads. */
const LOAD_BASE_MS = 1_200;
/** A fast disk, and the way from memory to a GPU, where nothing was measured. */
const USUAL_BYTES_PER_MS = { cold: 1.5e6, warm: 6e6 } as const;
/** A warm load that nobody has measured is not expected to be more times faster than the cold one that somebody has. */
const MOST_GAIN = 4;
/** No measurement is believed to be faster. */
const MOST_BYTES_PER_MS = 3e7;

export interface LoadQuestion {
  readonly diskBytes: number;
  readonly warm: boolean;
  /** Of this very variant. */
  readonly own: LearnedEntry | undefined;
  /** Everything measured on this backend. */
  readonly others: Iterable<LearnedEntry>;
}

/** Milliseconds. A cold load is never expected to be faster than a warm one. */
export function expectedLoadMs(question: LoadQuestion): number {
  const { own, warm, diskBytes } = question;
  const measured = warm ? own?.warmLoadMs : own?.coldLoadMs;
  if (measured !== null && measured !== undefined) return measured;
  const guessed = LOAD_BASE_MS + diskBytes / bytesPerMs([...question.others], warm);
  // The other temperature bounds it.
  if (!warm) return Math.max(guessed, own?.warmLoadMs ?? guessed);
  const cold = own?.coldLoadMs ?? null;
  return cold === null ? guessed : Math.min(cold, Math.max(guessed, cold / MOST_GAIN));
}

function bytesPerMs(entries: readonly LearnedEntry[], warm: boolean): number {
  let bytes = 0;
  let readMs = 0;
  for (const entry of entries) {
    const loadMs = warm ? entry.warmLoadMs : entry.coldLoadMs;
    if (loadMs === null) continue;
    bytes += entry.diskBytes;
    readMs += Math.max(1, loadMs - LOAD_BASE_MS);
  }
  if (bytes === 0) return warm ? USUAL_BYTES_PER_MS.warm : USUAL_BYTES_PER_MS.cold;
  return Math.min(bytes / readMs, MOST_BYTES_PER_MS);
}
