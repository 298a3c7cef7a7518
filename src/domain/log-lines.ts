/** From one look at the end of a log to the next: what is new in it. */

export interface NewLines {
  readonly lines: readonly string[];
  /** There was more in between than one look shows. */
  readonly gap: boolean;
}

/** Every look is the newest lines of one log, oldest first; it may begin within a line, and end within one. */
export class LogReader {
  #seen: readonly string[] = [];
  #last: string | undefined;

  /** @param isEnd nothing more will be written. A last line that may still grow is kept back until the next look otherwise. */
  take(look: readonly string[], isEnd: boolean): NewLines {
    const last = look.at(-1);
    const whole = isEnd || last === this.#last ? look : look.slice(0, -1);
    const news = linesAfter(this.#seen, whole);
    this.#last = last;
    this.#seen = whole;
    return news;
  }
}

/** The lines of `look` that follow those of `seen`. A last line that was seen before it was whole counts as new. */
export function linesAfter(seen: readonly string[], look: readonly string[]): NewLines {
  if (seen.length === 0) return { lines: look, gap: false };
  for (let from = 0; from < seen.length; from += 1) {
    const overlap = seen.length - from;
    if (overlap > look.length || !overlaps(seen, from, look)) continue;
    const [before = '', now = ''] = [seen.at(-1), look[overlap - 1]];
    const grew = before !== now && now.startsWith(before);
    return { lines: look.slice(grew ? overlap - 1 : overlap), gap: false };
  }
  return { lines: look, gap: look.length > 0 };
}

/**
 * Whether `look` begins with the lines of `seen` from there on. Where a look was cut, the end of its first line is the end of many lines, and blank
 * lines are everywhere: it takes one line that is there as it was, unless nothing but blank ones were seen.
 */
function overlaps(seen: readonly string[], from: number, look: readonly string[]): boolean {
  let isProven = seen.every((line) => line === '');
  for (let at = from; at < seen.length; at += 1) {
    const [before = '', now = ''] = [seen[at], look[at - from]];
    const isFirst = at === from;
    const isLast = at === seen.length - 1;
    const isThere = before === now || (isLast && now.startsWith(before));
    if (!isThere && !(isFirst && before.endsWith(now))) return false;
    if (isThere && before !== '') isProven = true;
  }
  return isProven;
}
