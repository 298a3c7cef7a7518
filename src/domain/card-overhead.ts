/**
 * What an instance takes of every card that it lies on, beside its share of weights and cache: compute buffers, and the driver's part
 * of a process. Cut over n cards it is there n times, and each time larger: the engine keeps the inputs of several batches at once
 * on every card.
 */
export interface CardOverhead {
  /** Bytes, where it lies on one card. */
  readonly aloneBytes: number;
  /** Bytes on each, where it lies on several. */
  readonly splitBytes: number;
}

export const NO_OVERHEAD: CardOverhead = { aloneBytes: 0, splitBytes: 0 };

/** Bytes over all of its cards of what takes `bytes` on one. */
export function bytesOnCards(bytes: number, overhead: CardOverhead, cards: number): number {
  return cards <= 1 ? bytes : bytes - overhead.aloneBytes + cards * overhead.splitBytes;
}

/** Bytes on one card of what takes `bytes` over so many. */
export function bytesOnOneCard(bytes: number, overhead: CardOverhead, cards: number): number {
  return cards <= 1 ? bytes : bytes + overhead.aloneBytes - cards * overhead.splitBytes;
}
