/** An option as it would be loaded on its backend now, whatever became of its last loads there. */
import { withRoomForMargin } from './caution.ts';
import { withMisfit } from './misfit.ts';
import { offloaded } from './offload.ts';
import { fitsEmpty } from './placement.ts';
import { withShortfall } from './shortfall.ts';
import type { BackendSnapshot, LoadOption } from './snapshot.ts';

/**
 * With as many of its slots as the empty cards hold where nobody has named their number; where they hold it with none of them, partly
 * on the CPU if that is allowed.
 */
export function asItLoads(option: LoadOption, backends: readonly BackendSnapshot[], now: number): LoadOption {
  const backend = backends.find(({ id }) => id === option.backendId);
  if (!backend) return withMisfit(option, now);
  const asNeeded = (one: LoadOption) =>
    withShortfall(withMisfit(withRoomForMargin(one, backend), now), backend, now);
  const choices = [option, ...option.fewerSlots.map((fewer) => ({ ...option, ...fewer }))].map(asNeeded);
  const [first = option] = choices;
  return choices.find((one) => fitsEmpty(one, backend)) ?? offloaded(first, backend);
}
