/**
 * Loads that ran out of memory although they were believed to fit. What such a load tells holds for its context, its slots and the room
 * that it had, and for a while: a smaller shape of the same weights may fit, and another program may have taken the memory in passing.
 *
 * After the first one it is tried again in as much room, after a pause; after further ones in more room than it had, as long as
 * the patience lasts that grows with each in a row. Once it has failed often enough with nearly all that the cards hold, it is taken to
 * be impossible, until one trial after an hour may show otherwise.
 */
import { bytesOnOneCard } from '../../domain/card-overhead.ts';
import { greatest, least } from '../../domain/long-lists.ts';
import {
  ENOUGH_ANYHOW,
  ENOUGH_WITH_ALL,
  FIRST_PATIENCE_MS,
  FIRST_PAUSE_MS,
  LONGEST_PATIENCE_MS,
  LONGEST_PAUSE_MS,
  MOST_SHORTFALLS,
  NEARLY_ALL,
  PATIENCE_GROWTH,
} from './constants.ts';
import type { BackendSnapshot, LoadOption, Shortfall } from './snapshot.ts';

/** What a backend must tell for it to be judged. */
type Known = Pick<BackendSnapshot, 'shortfalls' | 'gpus'>;

export type FailedForMemory = Omit<Shortfall, 'times' | 'timesWithAll'>;

/** What is known after a further load has run out of memory. One that came long after the last one's end is the first again. */
export function withFailure(known: readonly Shortfall[], failed: FailedForMemory): readonly Shortfall[] {
  const before = known.find((one) => sameShape(one, failed));
  const inRow = before !== undefined && failed.at < before.at + 2 * LONGEST_PATIENCE_MS;
  const hadAll = failed.roomBytes >= NEARLY_ALL * failed.allBytes;
  const next: Shortfall = {
    ...failed,
    times: (inRow ? before.times : 0) + 1,
    timesWithAll: (inRow ? before.timesWithAll : 0) + (hadAll ? 1 : 0),
  };
  return [...known.filter((one) => one !== before), next].slice(-MOST_SHORTFALLS);
}

/** What is still known after a load of `tokens` has fitted. */
export function withSuccess(
  known: readonly Shortfall[],
  loaded: Pick<Shortfall, 'weights' | 'tokens' | 'offloaded'>,
): readonly Shortfall[] {
  return known.filter(
    (one) =>
      one.weights !== loaded.weights || one.offloaded !== loaded.offloaded || one.tokens > loaded.tokens,
  );
}

function sameShape(a: Shortfall, b: FailedForMemory): boolean {
  return (
    a.weights === b.weights &&
    a.tokens === b.tokens &&
    a.kvCacheType === b.kvCacheType &&
    a.offloaded === b.offloaded
  );
}

export function tokensOf({ variant, config }: Pick<LoadOption, 'variant' | 'config'>): number {
  return variant.contextLength * config.parallel;
}

/** What is known against it: what failed with these weights and no more tokens. */
function against(option: LoadOption, { shortfalls }: Pick<Known, 'shortfalls'>, now: number): Shortfall[] {
  return shortfalls.filter(
    (one) =>
      one.weights === option.variant.weights &&
      one.kvCacheType === option.config.kvCacheType &&
      one.offloaded === option.cpuBytes > 0 &&
      one.tokens <= tokensOf(option) &&
      one.at + LONGEST_PATIENCE_MS > now,
  );
}

/** Until when it needs more than it had, epoch milliseconds. With all that there is the trials come closer together, so that it ends. */
export function shortfallUntil(one: Shortfall): number {
  const patience = FIRST_PATIENCE_MS * PATIENCE_GROWTH ** ((one.timesWithAll || one.times) - 1);
  return one.at + (isProven(one) ? LONGEST_PATIENCE_MS : Math.min(LONGEST_PATIENCE_MS, patience));
}

/** Whether it is taken to be impossible on the cards that it had. */
export function isProven({ times, timesWithAll, wasMeasured }: Shortfall): boolean {
  return times >= ENOUGH_ANYHOW || (timesWithAll >= ENOUGH_WITH_ALL && !wasMeasured);
}

/** What shows it to be impossible on these cards; null when nothing does. */
export function provenShortfall(option: LoadOption, backend: Known, now: number): Shortfall | null {
  return against(option, backend, now).find((one) => isProvenOn(one, backend)) ?? null;
}

/** The newest for which it needs more than it had; null when there is none. */
export function shortfallOf(
  option: LoadOption,
  backend: Pick<Known, 'shortfalls'>,
  now: number,
): Shortfall | null {
  return (
    against(option, backend, now)
      .filter((one) => shortfallUntil(one) > now)
      .at(-1) ?? null
  );
}

/** When it may be tried again at the earliest, in whatever room, epoch milliseconds; in the past when it may now. */
export function pausedUntil(option: LoadOption, backend: Known, now: number): number {
  const ends = against(option, backend, now).map((one) => {
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (one.times - 1));
    return mayHaveSameRoom(one, backend) ? shortfallUntil(one) : one.at + pause;
  });
  return greatest(ends);
}

/** When it will need less than now, epoch milliseconds; Infinity when nothing is known against it. */
export function nextTrialAt(option: LoadOption, backend: Pick<Known, 'shortfalls'>, now: number): number {
  const ends = against(option, backend, now).map(shortfallUntil);
  return least(ends.filter((end) => end > now));
}

/** The option with the bytes that must be free for it after loads that ran out of memory. */
export function withShortfall(option: LoadOption, backend: Known, now: number): LoadOption {
  if (option.cpuBytes > 0) return option;
  const needed = against(option, backend, now).map((one) => neededAfter(one, option, backend, now));
  const most = Math.max(option.footprintBytes, greatest(needed));
  return most === option.footprintBytes ? option : { ...option, footprintBytes: most };
}

/** On one card. */
function neededAfter(one: Shortfall, { overhead }: LoadOption, backend: Known, now: number): number {
  if (isProvenOn(one, backend)) return total(backend.gpus) + 1;
  if (shortfallUntil(one) > now)
    return mayHaveSameRoom(one, backend) ? 0 : bytesOnOneCard(one.roomBytes + 1, overhead, one.cards);
  // One card was not enough before.
  return one.cards > 1 ? largest(backend.gpus) + 1 : 0;
}

/** More cards than it had are a new chance. */
function isProvenOn(one: Shortfall, { gpus }: Pick<Known, 'gpus'>): boolean {
  return isProven(one) && total(gpus) * NEARLY_ALL <= one.allBytes;
}

/** The first time another program that came and went is the likelier reason: it is not spread over further cards at once. */
function mayHaveSameRoom({ times, roomBytes }: Shortfall, { gpus }: Pick<Known, 'gpus'>): boolean {
  return times === 1 && roomBytes >= NEARLY_ALL * largest(gpus);
}

function total(gpus: Known['gpus']): number {
  return gpus.reduce((sum, { emptyBytes }) => sum + emptyBytes, 0);
}

function largest(gpus: Known['gpus']): number {
  return Math.max(0, greatest(gpus.map(({ emptyBytes }) => emptyBytes)));
}
