/** An answer that holds now, and until when at the earliest time alone may change it. */
export interface Timed<T> {
  readonly is: T;
  /** Epoch milliseconds; Infinity where only an event can change it. */
  readonly until: number;
}

export function always<T>(is: T): Timed<T> {
  return { is, until: Number.POSITIVE_INFINITY };
}

/** Whether something holds that ends at a time; once that is past it is over for good. */
export function holdsUntil(until: number, now: number): Timed<boolean> {
  return until > now ? { is: true, until } : always(false);
}
