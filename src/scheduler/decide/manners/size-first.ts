/** Which of several models comes first on a server that goes by frozen records. */
import type { BackendSnapshot, LoadOption } from '../snapshot.ts';

/**
 * Whoever comes after others finds room there only when they have all gone, one slow unload after the other. So large models come first, by
 * their share of the cards.
 */
export function weightBySize(weight: number, option: LoadOption, { gpus }: BackendSnapshot): number {
  const totalBytes = gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0);
  return totalBytes === 0 ? weight : (weight * option.footprintBytes) / totalBytes;
}
