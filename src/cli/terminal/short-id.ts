/** Ids where there is little room. */

/** How many characters of the part by chance are shown where ids are shortened. */
const TAIL = 5;
/** `job_` and the time in ten characters, after which comes chance. */
const TIME_END = 14;

/** As much of an id as tells it from all others that there are likely to be: enough for every command. */
export function shortId(id: string): string {
  return id.slice(0, TIME_END + TAIL);
}
