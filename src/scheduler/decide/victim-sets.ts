/** Which set of residents leaves for a model: among all that make room the one that is cheapest to bring back. */
import { EXACT_UP_TO } from './constants.ts';
import { fitWithout } from './fit.ts';
import { admissionOf } from './manners/admission.ts';
import type { BackendSnapshot, InstanceSnapshot, LoadOption } from './snapshot.ts';

/**
 * The cheapest set of residents among `willing` (those before others come first in it) whose leaving makes room; empty when there is
 * room already, null when there is no such set. Cheap is what costs the least loading to bring back.
 */
export function chooseVictims(
  option: LoadOption,
  backend: BackendSnapshot,
  willing: readonly InstanceSnapshot[],
): readonly InstanceSnapshot[] | null {
  const forced = backend.oneInstancePerWeights
    ? backend.instances.filter((instance) => instance.variant.weights === option.variant.weights)
    : [];
  if (forced.some((instance) => !willing.includes(instance))) return null;
  if (fitWithout(option, backend, forced)) return forced;
  const others = willing.filter((instance) => !forced.includes(instance));
  const exact = others.length <= EXACT_UP_TO ? cheapestSubset(option, backend, forced, others) : null;
  return exact ?? inOrder(option, backend, forced, others);
}

function cheapestSubset(
  option: LoadOption,
  backend: BackendSnapshot,
  forced: readonly InstanceSnapshot[],
  others: readonly InstanceSnapshot[],
): readonly InstanceSnapshot[] | null {
  let best: { readonly cost: number; readonly set: readonly InstanceSnapshot[] } | null = null;
  for (let bits = 1; bits < 2 ** others.length; bits += 1) {
    const chosen = others.filter((_, i) => (bits >> i) & 1);
    const stalls = admissionOf(backend).unloadsMs(forced.length + chosen.length);
    const cost = chosen.reduce((sum, instance) => sum + leavingCost(instance, others), stalls);
    if (best && cost >= best.cost) continue;
    const set = [...forced, ...chosen];
    if (fitWithout(option, backend, set)) best = { cost, set };
  }
  return best?.set ?? null;
}

/** The load that would bring it back, and twice that the later it stands in the order of willingness: who is expected back soon will be missed first. */
function leavingCost(instance: InstanceSnapshot, order: readonly InstanceSnapshot[]): number {
  return instance.expectedLoadMs * (1 + (2 * order.indexOf(instance)) / order.length);
}

function inOrder(
  option: LoadOption,
  backend: BackendSnapshot,
  forced: readonly InstanceSnapshot[],
  others: readonly InstanceSnapshot[],
): readonly InstanceSnapshot[] | null {
  let chosen = [...forced];
  for (const victim of others) {
    chosen.push(victim);
    if (fitWithout(option, backend, chosen)) break;
  }
  if (!fitWithout(option, backend, chosen)) return null;
  // Backward trimming: an early small victim may be needless once a later large one is in.
  for (const victim of others.filter((each) => chosen.includes(each))) {
    const fewer = chosen.filter((other) => other !== victim);
    if (fitWithout(option, backend, fewer)) chosen = fewer;
  }
  return chosen;
}
