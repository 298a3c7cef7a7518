/** A bar of progress and the figures beside it, on one line. */
import { clip, widthOf } from './text.ts';

export const LONGEST_BAR = 30;
/** A shorter one says less than the figures beside it. */
const SHORTEST_BAR = 5;

/** A bar and what is to be said beside it, in so many columns: the bar gives way first. */
export function barLine(
  share: number,
  text: string,
  columns: number,
  draw: (share: number, width: number) => string,
): string {
  const width = Math.min(LONGEST_BAR, columns - widthOf(text) - 1);
  return clip(width < SHORTEST_BAR ? text : `${draw(share, width)} ${text}`, columns);
}
