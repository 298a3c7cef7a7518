/** For campaigns: a kill or a request at a moment that nothing announces. Nothing may rely on what has happened by then. */
import { type Random, sleep, systemClock } from '../../src/clock.ts';

export function randomMoment(random: Random, fromMs: number, toMs: number): Promise<void> {
  return sleep(systemClock, fromMs + random.next() * (toMs - fromMs));
}
