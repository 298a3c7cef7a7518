/**
 * Who may come in: by which keys, as whom, and with which scopes. What is configured can be replaced while the server runs; a caller whose
 * way in is gone then, or expires, is told by a signal, and whatever it has open ends.
 *
 * Two settings mean the same way in where key, client, scopes and priority are the same: callers by it stay when only others change.
 */
import { timingSafeEqual } from 'node:crypto';
import { type Clock, fromWall, type Timer } from '../clock.ts';
import { digestIn, digestOf, isMistyped } from '../domain/api-key.ts';
import type { JobPriority } from '../domain/job.ts';
import type { Principal } from '../domain/principal.ts';
import { EVERY_SCOPE, MEMBER, type Scope, type Scopes, scopesOf } from '../domain/scopes.ts';

/** Structurally an entry of `keys` in the configuration. */
export interface ApiKey {
  /** The client that the key stands for. */
  readonly name: string;
  /** Itself, or its SHA-256 as `sha256:` and hexadecimal digits. */
  readonly key: string;
  /** Short for the scope ADMIN. */
  readonly admin?: boolean;
  /** Absent: those of a member, or of an administrator. */
  readonly scopes?: readonly Scope[];
  readonly maxPriority?: JobPriority;
  /** When it stops to be one, epoch milliseconds of the wall clock. Absent: never. */
  readonly expiresAt?: number;
}

/** Whoever shows no key, where there are keys. */
export interface AnonymousAccess {
  readonly scopes: readonly Scope[];
  readonly maxPriority: JobPriority;
}

export interface CallerSettings {
  readonly keys: readonly ApiKey[];
  /** Absent: nobody where there are keys, and everybody with every scope where there are none. */
  readonly anonymous?: AnonymousAccess | undefined;
}

/** One way in, with whoever came by it. */
export interface Caller {
  readonly principal: Principal;
  /** Aborts when the key is no key any more, or means something else. */
  readonly revoked: AbortSignal;
}

export type Refused = 'KEY_NEEDED' | 'KEY_UNKNOWN' | 'KEY_MISTYPED' | 'KEY_EXPIRED';

interface Way {
  /** What makes it the same way in. */
  readonly identity: string;
  /** Null: without a key. */
  readonly digest: Buffer | null;
  readonly principal: Principal;
  readonly expiresAt: number | null;
  readonly revoking: AbortController;
}

/** The longest that timers take. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export const ANONYMOUS = 'anonymous';

export class Callers {
  readonly #clock: Clock;
  #ways: readonly Way[] = [];
  #anonymous: Way | null = null;
  #timer: Timer | null = null;

  constructor(settings: CallerSettings, clock: Clock) {
    this.#clock = clock;
    this.replace(settings);
  }

  get needsKey(): boolean {
    return this.#anonymous === null;
  }

  /** Whether a caller without a key says itself who it is: only where there are no keys, so that nobody passes for a client who has one. */
  get choosesName(): boolean {
    return this.#ways.length === 0;
  }

  /** Callers whose way in is not among the new ones are told. */
  replace({ keys, anonymous }: CallerSettings): void {
    const before = new Map(
      [...this.#ways, ...(this.#anonymous ? [this.#anonymous] : [])].map((way) => [way.identity, way]),
    );
    const kept = (way: Way): Way => {
      const same = before.get(way.identity);
      before.delete(way.identity);
      // Only the day may be another one. One that was over, and is not any more, begins anew.
      return same && !same.revoking.signal.aborted ? { ...way, revoking: same.revoking } : way;
    };
    this.#ways = keys.map((key) => kept(wayOf(key)));
    const open =
      anonymous ?? (keys.length === 0 ? { scopes: [...EVERY_SCOPE], maxPriority: 'HIGH' as const } : null);
    this.#anonymous = open && kept(anonymousWay(open, keys.length === 0));
    for (const { revoking } of before.values()) revoking.abort();
    this.#expire();
  }

  /** Every key is compared, each in constant time, so that the time taken tells nothing. */
  find(key: string | undefined): Caller | Refused {
    // Client libraries always send some key; where there are none it says nothing.
    if (key === undefined || this.#ways.length === 0)
      return this.#anonymous ? callerBy(this.#anonymous) : 'KEY_NEEDED';
    const digest = digestOf(key);
    let found: Way | null = null;
    for (const way of this.#ways) if (way.digest && timingSafeEqual(way.digest, digest)) found = way;
    if (!found) return isMistyped(key) ? 'KEY_MISTYPED' : 'KEY_UNKNOWN';
    return this.#isOver(found) ? 'KEY_EXPIRED' : callerBy(found);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #isOver({ expiresAt }: Way): boolean {
    return expiresAt !== null && fromWall(expiresAt, this.#clock) <= this.#clock.now();
  }

  /** Tells the callers whose time is over, and waits for the next. */
  #expire(): void {
    this.stop();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const way of this.#ways) {
      if (way.expiresAt === null) continue;
      if (this.#isOver(way)) way.revoking.abort();
      else nextMs = Math.min(nextMs, fromWall(way.expiresAt, this.#clock) - this.#clock.now());
    }
    if (nextMs < Number.POSITIVE_INFINITY)
      this.#timer = this.#clock.after(Math.min(nextMs, LONGEST_WAIT_MS), () => this.#expire());
  }
}

function callerBy({ principal, revoking }: Way): Caller {
  return { principal, revoked: revoking.signal };
}

function wayOf({ name, key, admin = false, scopes, maxPriority = 'HIGH', expiresAt }: ApiKey): Way {
  const digest = digestIn(key);
  const all: Scopes = admin ? EVERY_SCOPE : scopes ? scopesOf(scopes) : MEMBER;
  return {
    identity: JSON.stringify([digest.toString('hex'), name, [...all], maxPriority]),
    digest,
    principal: { client: name, scopes: all, maxPriority },
    expiresAt: expiresAt ?? null,
    revoking: new AbortController(),
  };
}

function anonymousWay({ scopes, maxPriority }: AnonymousAccess, choosesName: boolean): Way {
  const all = scopesOf(scopes);
  return {
    identity: JSON.stringify([null, choosesName, [...all], maxPriority]),
    digest: null,
    principal: { client: ANONYMOUS, scopes: all, maxPriority },
    expiresAt: null,
    revoking: new AbortController(),
  };
}
