/** How a server has to be treated, beyond what fits there (admission.ts). */
import type { Draft } from '../draft.ts';
import type { BackendSnapshot, InstanceSnapshot, LoadOption } from '../snapshot.ts';
import type { Timed } from '../timed.ts';

export interface Manners {
  /** What waiting counts for there, for the order of models on one server. Between kinds of servers the units differ, and the order says little. */
  weight(weight: number, option: LoadOption, backend: BackendSnapshot): number;
  /** Its first model had better not be chosen yet. */
  isGathering(draft: Draft, backend: BackendSnapshot): Timed<boolean>;
  /** It could not handle a further unload now. */
  isBusyUnloading(draft: Draft, backend: BackendSnapshot): Timed<boolean>;
  /** Whether `option`, loaded now, would keep `target` out whoever leaves. */
  wouldKeepOut(backend: BackendSnapshot, option: LoadOption, target: LoadOption): boolean;
  /** Whether anybody leaves for the next load while nothing can begin to load yet. */
  readonly leavesEarly: boolean;
  /** Who leaves for `target` although others who have to leave as well still work. */
  earlyLeavers(
    draft: Draft,
    backend: BackendSnapshot,
    target: LoadOption,
    willing: readonly InstanceSnapshot[],
  ): readonly InstanceSnapshot[];
  /** Who had better leave together with the victims. @param wanted that nothing serves, the most urgent first */
  company(
    draft: Draft,
    backend: BackendSnapshot,
    victims: readonly InstanceSnapshot[],
    willing: readonly InstanceSnapshot[],
    wanted: readonly LoadOption[],
  ): readonly InstanceSnapshot[];
  /** Has loads that hang go on. */
  wakeStuckLoads(draft: Draft, backend: BackendSnapshot): void;
}
