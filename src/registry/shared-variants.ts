/** One instance for jobs that ask for different contexts of one model. */
import type { ResolvedModel } from '../domain/resolver.ts';

/**
 * For each that is given, the one to load for it: of all with the same weights the largest context that fits, because it serves
 * the smaller ones, too; a larger one that does not fit is left to its own jobs. Same order and length as `resolved`.
 *
 * @param fits whether it fits where the smaller ones run; asked at most once of each.
 */
export function sharedVariants(
  resolved: readonly ResolvedModel[],
  fits: (model: ResolvedModel) => boolean,
): readonly ResolvedModel[] {
  const widest = new Map<string, ResolvedModel>();
  const largestFirst = resolved.toSorted((a, b) => b.variant.contextLength - a.variant.contextLength);
  for (const model of largestFirst) {
    if (!widest.has(model.variant.weights) && fits(model)) widest.set(model.variant.weights, model);
  }
  return resolved.map((model) => {
    const shared = widest.get(model.variant.weights);
    return shared && shared.variant.contextLength >= model.variant.contextLength ? shared : model;
  });
}
