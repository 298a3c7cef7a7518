/** Why a model left memory. */
export type UnloadCause =
  /** A request with `keep_alive: 0`. */
  | 'requested'
  /** Its keep-alive ran out. */
  | 'expired'
  /** Ollama's scheduler made room for another. */
  | 'evicted'
  /** Other options were asked for, or its engine had died. */
  | 'reloaded'
  /** Ollama evicted everything because a load, or a generation, ran out of memory. */
  | 'out-of-memory'
  | 'shutdown';

/** The truth about what happened, for tests to count by. */
export type VirtualEvent =
  | {
      readonly kind: 'load-started';
      readonly model: string;
      readonly pid: number;
      readonly predictedBytes: number;
    }
  | {
      readonly kind: 'loaded';
      readonly model: string;
      readonly pid: number;
      readonly vramBytes: number;
      readonly totalBytes: number;
    }
  | { readonly kind: 'load-failed'; readonly model: string; readonly pid: number; readonly error: string }
  | { readonly kind: 'out-of-memory'; readonly model: string; readonly pid: number }
  | {
      readonly kind: 'unloaded';
      readonly model: string;
      readonly pid: number;
      readonly cause: UnloadCause;
      /** Whether a client asked for it, or Ollama did it by itself. */
      readonly by: 'request' | 'self';
    }
  /** The wait for memory to come back after an unload ran into its limit. */
  | { readonly kind: 'recovery-timeout'; readonly model: string }
  | { readonly kind: 'engine-died'; readonly model: string; readonly pid: number }
  | { readonly kind: 'refused'; readonly model: string };

export type TimedVirtualEvent = VirtualEvent & { readonly atMs: number };

/** Grows for as long as the server lives; tests read and clear it. */
export class EventLog {
  readonly #now: () => number;
  readonly #onEvent: ((event: TimedVirtualEvent) => void) | undefined;
  #events: TimedVirtualEvent[] = [];

  constructor(now: () => number, onEvent?: (event: TimedVirtualEvent) => void) {
    this.#now = now;
    this.#onEvent = onEvent;
  }

  add(event: VirtualEvent): void {
    const timed = { ...event, atMs: this.#now() };
    this.#events.push(timed);
    this.#onEvent?.(timed);
  }

  all(): readonly TimedVirtualEvent[] {
    return this.#events;
  }

  of<Kind extends VirtualEvent['kind']>(kind: Kind): readonly Extract<TimedVirtualEvent, { kind: Kind }>[] {
    return this.#events.filter(
      (event): event is Extract<TimedVirtualEvent, { kind: Kind }> => event.kind === kind,
    );
  }

  clear(): void {
    this.#events = [];
  }
}
