/**
 * What a server believes to be free. An Ollama whose models lie on a card asks one of their engines, the first of a random walk, and each of
 * them knows what was free when it was loaded itself: memory that came back later stays invisible. A card that no model covers is read.
 */
import type { Random } from '../../clock.ts';
import { bytesOn, type Machine } from '../machine/machine.ts';
import type { Runner } from './runner.ts';

export type Belief = 'frozen' | 'true';

/** Believed to be free on each card, in their order. */
export function believedFree(
  belief: Belief,
  machine: Machine,
  runners: readonly Runner[],
  random: Random,
): readonly number[] {
  return machine.settings.gpuBytes.map((totalBytes, gpu) => {
    if (belief === 'true') return machine.freeBytes(gpu);
    const here = runners.filter(({ loaded }) => bytesOn(loaded.shares, gpu) > 0);
    const asked = here[Math.floor(random.next() * here.length)];
    if (!asked) return machine.freeBytes(gpu);
    const frozen = (asked.loaded.freeBefore.get(gpu) ?? totalBytes) - bytesOn(asked.loaded.shares, gpu);
    const unclaimed = totalBytes - here.reduce((sum, { loaded }) => sum + bytesOn(loaded.shares, gpu), 0);
    return Math.max(0, Math.min(frozen, unclaimed));
  });
}

/**
 * How long a server that has unloaded a model stands still until it sees the memory back, beyond the time in which it comes back. It looks for
 * at most five seconds; while other models stay on the card it is blind to it unless it happens to ask the one that goes.
 * @param residents models on its cards before it went
 */
export function recoveryMs(belief: Belief, residents: number, random: Random): number | 'when-free' {
  if (belief === 'true' || residents <= 1) return 'when-free';
  return random.next() < (residents - 1) / residents ? RECOVERY_LIMIT_MS : RECOVERY_POLL_MS;
}

const RECOVERY_LIMIT_MS = 5_000;
const RECOVERY_POLL_MS = 250;
