/**
 * How many bytes of callers may be in memory at a time, over all bodies and WebSocket messages: from the first that arrives (or
 * the length that is announced) until the request is done with what it was made into, which is some times as much. Whoever
 * does not fit waits in line. Small ones have a reserve that large ones cannot use and a line of their own, so that uploads
 * never hold up a query. One owner has at most half of either (and one body however large), and half of the line, so that
 * whoever sends much and slowly holds up only itself.
 */
import type { Clock } from '../clock.ts';
import { HttpRefusal } from './refusal.ts';

export interface ByteBudgetOptions {
  /** In all. What is larger than this waits until nothing else is held. */
  readonly bytes: number;
  /** Of these, for small ones alone. */
  readonly reservedBytes: number;
  /** The most that counts as small. */
  readonly smallBytes: number;
  /** The most that may wait; half of them of one owner. */
  readonly places: number;
  /** The longest that one waits. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/** What one request holds. */
export interface Share {
  readonly bytes: number;
  /** Counts bytes that are here already. False when the budget is exceeded: whoever brings more should wait for `room`. */
  add(bytes: number): boolean;
  /** Resolves when so much more is had. @throws HttpRefusal BUSY, or the reason of `signal` */
  grow(bytes: number, signal: AbortSignal): Promise<void>;
  /** Resolves when the budget holds. @throws HttpRefusal BUSY, or the reason of `signal` */
  room(signal: AbortSignal): Promise<void>;
  subtract(bytes: number): void;
  /** Safe to call twice. */
  release(): void;
}

/** The client whose bytes they are; null while it is not known. */
export type Owner = string | null;

interface Waiting {
  readonly share: Share;
  readonly owner: Owner;
  readonly small: boolean;
  /** On top of what is held. */
  readonly bytes: number;
  readonly admit: () => void;
}

type Wanted = Omit<Waiting, 'admit'>;

/** What an owner holds, counted as it changes: callers that send much at once have many shares. */
class OwnShares {
  /** Oldest first. */
  readonly #held = new Map<Share, number>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** @param bytes none: it goes */
  set(share: Share, bytes: number): void {
    this.#bytes += bytes - (this.#held.get(share) ?? 0);
    if (bytes > 0) this.#held.set(share, bytes);
    else this.#held.delete(share);
  }

  /** What all others hold. */
  besides(share: Share): number {
    return this.#bytes - (this.#held.get(share) ?? 0);
  }

  isOldest(share: Share): boolean {
    return this.#held.keys().next().value === share;
  }
}

export class ByteBudget {
  readonly #options: ByteBudgetOptions;
  readonly #waiting = new Set<Waiting>();
  /** Of each owner the small shares and the large ones that hold something. */
  readonly #own = { small: new Map<string, OwnShares>(), large: new Map<string, OwnShares>() };
  #held = 0;

  constructor(options: ByteBudgetOptions) {
    this.#options = options;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @throws HttpRefusal BUSY, or the reason of `signal` */
  async take(owner: Owner, bytes: number, signal: AbortSignal): Promise<Share> {
    const share = this.force(owner, 0);
    const small = this.#isSmall(bytes);
    await this.#admitted({ share, owner, small, bytes, admit: () => share.add(bytes) }, signal);
    return share;
  }

  /** A share that can be had at once; null when there is no room. */
  tryTake(owner: Owner, bytes: number): Share | null {
    const share = this.force(owner, 0);
    const wanted = { share, owner, small: this.#isSmall(bytes), bytes };
    if (!this.#hasRoom(wanted) || !this.#isFair(wanted)) return null;
    share.add(bytes);
    return share;
  }

  /** A share of what is here already, whether it fits or not. */
  force(owner: Owner, bytes: number): Share {
    const budget = this;
    let held = 0;
    let released = false;
    const change = (to: number) => {
      const before = budget.#sharesOf(owner, held);
      const after = budget.#sharesOf(owner, to);
      if (before !== after) before?.set(share, 0);
      after?.set(share, to);
      budget.#held += to - held;
      held = to;
      budget.#forgetEmpty(owner);
    };
    const share: Share = {
      get bytes() {
        return held;
      },
      add(more) {
        if (released) return true;
        change(held + more);
        return budget.#fits({ share, owner, small: budget.#isSmall(held), bytes: 0 });
      },
      grow: (more, signal) => {
        const small = budget.#isSmall(held + more);
        return budget.#admitted({ share, owner, small, bytes: more, admit: () => share.add(more) }, signal);
      },
      room: (signal) => {
        const small = budget.#isSmall(held);
        return budget.#admitted({ share, owner, small, bytes: 0, admit: () => {} }, signal);
      },
      subtract(less) {
        const part = Math.min(less, held);
        change(held - part);
        if (part > 0) budget.#admit();
      },
      release() {
        share.subtract(held);
        released = true;
      },
    };
    change(bytes);
    return share;
  }

  #sharesOf(owner: Owner, bytes: number): OwnShares | undefined {
    if (owner === null) return undefined;
    const own = this.#isSmall(bytes) ? this.#own.small : this.#own.large;
    const shares = own.get(owner) ?? new OwnShares();
    own.set(owner, shares);
    return shares;
  }

  #forgetEmpty(owner: Owner): void {
    if (owner === null) return;
    for (const own of [this.#own.small, this.#own.large]) {
      if (own.get(owner)?.isEmpty) own.delete(owner);
    }
  }

  #isSmall(bytes: number): boolean {
    return bytes <= this.#options.smallBytes;
  }

  #limit(small: boolean): number {
    const { bytes, reservedBytes } = this.#options;
    return small ? bytes : bytes - reservedBytes;
  }

  #fits(wanted: Wanted): boolean {
    return this.#held === 0 || (this.#hasRoom(wanted) && this.#isFair(wanted));
  }

  #hasRoom({ bytes, small }: Wanted): boolean {
    return this.#held + bytes <= this.#limit(small);
  }

  /** The oldest large one of an owner may always go on: else several that grow would wait for each other. */
  #isFair({ share, owner, small, bytes }: Wanted): boolean {
    if (owner === null) return true;
    const { bytes: all, reservedBytes } = this.#options;
    const own = (small ? this.#own.small : this.#own.large).get(owner);
    const others = own?.besides(share) ?? 0;
    if (others === 0 || (!small && own?.isOldest(share))) return true;
    return others + share.bytes + bytes <= (small ? reservedBytes : all - reservedBytes) / 2;
  }

  #admitted(wanted: Waiting, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { owner } = wanted;
    if ((this.#waiting.size === 0 || !this.#isAhead(wanted)) && this.#fits(wanted)) {
      wanted.admit();
      return Promise.resolve();
    }
    if (this.#isLineFull(owner)) return Promise.reject(this.#busy());
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        ...wanted,
        admit() {
          leave();
          wanted.admit();
          resolve();
        },
      };
      const giveUp = (reason: unknown) => {
        leave();
        reject(reason);
        // It may have been what kept those behind it waiting.
        this.#admit();
      };
      const onAbort = () => giveUp(signal.reason);
      const timer = this.#options.clock.after(this.#options.waitMs, () => giveUp(this.#busy()));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /** Whether somebody in the same line waits for more than what it holds itself. */
  #isAhead({ owner, small }: Waiting): boolean {
    return [...this.#waiting].some(
      (each) => each.small === small && (each.owner === owner || this.#isFair(each)),
    );
  }

  #isLineFull(owner: Owner): boolean {
    const { places } = this.#options;
    if (this.#waiting.size >= places) return true;
    const own = [...this.#waiting].filter((each) => each.owner === owner).length;
    return owner !== null && own >= Math.ceil(places / 2);
  }

  /** In the order of arrival, each line by itself; whoever waits for what it holds itself keeps nobody behind it waiting. */
  #admit(): void {
    if (this.#waiting.size === 0) return;
    for (const small of [true, false]) {
      for (const waiting of this.#waiting) {
        if (waiting.small !== small || !this.#isFair(waiting)) continue;
        if (!this.#fits(waiting)) break;
        waiting.admit();
      }
    }
  }

  #busy(): HttpRefusal {
    const seconds = Math.max(1, Math.ceil(this.#options.waitMs / 1_000));
    return new HttpRefusal(
      'BUSY',
      'The server is reading as much from its callers as it has memory for. Try again in a moment.',
      { 'retry-after': String(seconds) },
    );
  }
}
