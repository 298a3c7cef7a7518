/**
 * What went to the CPU in part did so although it was believed to fit: for a while it is loaded only into more room than it had then,
 * later into as much as it was measured to take. So whatever hid the memory cannot make it load and unload in a loop, and a variant
 * is never held for ever.
 */
import { bytesOnOneCard } from '../../domain/card-overhead.ts';
import type { Misfit } from '../../domain/resolver.ts';
import { ENOUGH_MISFITS, FIRST_MISFIT_PATIENCE_MS, LONGEST_PATIENCE_MS, NEARLY_ALL } from './constants.ts';
import type { LoadOption } from './snapshot.ts';

/** Whether it has gone to the CPU in part too often with nearly all of the memory free, and not too long ago for that to count. */
export function isHopelessMisfit(
  option: LoadOption,
  allBytes: number,
  now: number,
): option is LoadOption & { readonly misfit: Misfit } {
  const { misfit } = option;
  if (!misfit || misfitUntil(option) <= now) return false;
  return misfit.times >= ENOUGH_MISFITS && (misfit.roomBytes ?? 0) >= NEARLY_ALL * allBytes;
}

/** Until when it needs more room than it had, epoch milliseconds; in the past when it may be tried again in the same. */
export function misfitUntil({ misfit }: Pick<LoadOption, 'misfit'>): number {
  if (!misfit) return Number.NEGATIVE_INFINITY;
  return misfit.at + Math.min(LONGEST_PATIENCE_MS, FIRST_MISFIT_PATIENCE_MS * 2 ** (misfit.times - 1));
}

/** The option with the bytes that must be free for it after its last load went to the CPU in part. */
export function withMisfit(option: LoadOption, now: number): LoadOption {
  const { misfit, footprintBytes } = option;
  if (!misfit) return option;
  const more = misfitUntil(option) > now ? moreThanItHad(misfit) : 0;
  const onOne = bytesOnOneCard(Math.max(misfit.sizeBytes, more), option.overhead, misfit.cards ?? 1);
  const needed = Math.max(footprintBytes, onOne);
  return needed === footprintBytes ? option : { ...option, footprintBytes: needed };
}

/** Servers leave a part of the free memory alone. Of the room that it had it got so much; of this it would get all that it takes. */
function moreThanItHad({ sizeBytes, vramBytes, roomBytes }: Misfit): number {
  if (roomBytes === null) return 0;
  const enough = vramBytes > 0 ? Math.ceil((roomBytes * sizeBytes) / vramBytes) : 0;
  return Math.max(roomBytes + 1, enough);
}
