/** Numbers GPUs so that each has an index of its own. */

/**
 * The indexes of the source where they differ; where two share one, as slices of one card do, all are numbered by their place in the
 * list, which stays the same as long as the cards and their slices do.
 */
export function numberGpus<T extends { readonly index: number }>(gpus: readonly T[]): readonly T[] {
  const indexes = new Set(gpus.map((gpu) => gpu.index));
  if (indexes.size === gpus.length) return gpus;
  return gpus.map((gpu, index) => ({ ...gpu, index }));
}
