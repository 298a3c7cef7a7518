/** Whether the settings leave anything of a card to models. */
import { formatBytes } from './units.ts';

/**
 * What is wrong where headroom and reservations leave nothing, and what to do; null where something is left.
 * @param when in which case they do, as the end of a clause; empty for always
 */
export function nothingLeft(
  { index, totalBytes }: { readonly index: number; readonly totalBytes: number },
  takenBytes: number,
  when = '',
): string | null {
  if (takenBytes < totalBytes) return null;
  return `GPU ${index} has ${formatBytes(totalBytes)}, and headroom with reservations takes ${formatBytes(takenBytes)}${when}: nothing is left for models. Make headroom or reservations smaller.`;
}
