/** How a job came to its end, or to where it is: what it waited for, and when its answer began. */
import type { WaitReason } from './decision.ts';
import type { JobId } from './ids.ts';
import { least } from './long-lists.ts';

/** A time in which a job waited for one thing. All instants in epoch milliseconds. */
export interface JobWait {
  readonly reason: WaitReason;
  /** The last of that time, with its numbers. */
  readonly explanation: string;
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
}

export interface JobCourse {
  /** Of the last attempt; null where nothing has come of it. */
  readonly firstOutputAt: number | null;
  /** Oldest first, at most `MOST_WAITS`. A time of which nobody knows is in none of them. */
  readonly waits: readonly JobWait[];
}

export const NO_COURSE: JobCourse = { firstOutputAt: null, waits: [] };

/** Of a job that ended before anybody could run it to its end: in the queue, or by being cancelled. */
export interface EndedCourse {
  readonly id: JobId;
  /** Of the job as it ended: of one that was tried again meanwhile it is not kept. */
  readonly revision: number;
  readonly course: JobCourse;
}

export const MOST_WAITS = 20;

const lengthOf = ({ from, to }: JobWait) => (to ?? Number.POSITIVE_INFINITY) - from;

/** At most so many: of more, the shortest become part of the longer one beside them. Those for the same reason that follow on each other are one. */
export function fewWaits(waits: readonly JobWait[], most = MOST_WAITS): readonly JobWait[] {
  let few = joined(waits);
  while (few.length > most) few = joined(withoutShortest(few));
  return few;
}

/** Between two of one reason with a time between them the job ran, or nobody knows. */
function joined(waits: readonly JobWait[]): readonly JobWait[] {
  const one: JobWait[] = [];
  for (const wait of waits) {
    const before = one.at(-1);
    const goesOn = before?.reason === wait.reason && (before.to === null || wait.from <= before.to);
    if (goesOn) one[one.length - 1] = { ...wait, from: before.from };
    else one.push(wait);
  }
  return one;
}

function withoutShortest(waits: readonly JobWait[]): readonly JobWait[] {
  const shortestMs = least(waits.map(lengthOf));
  const place = waits.findIndex((wait) => lengthOf(wait) === shortestMs);
  const [shortest, before, after] = [waits[place], waits[place - 1], waits[place + 1]];
  if (!shortest) return waits;
  const intoBefore = before && (!after || lengthOf(before) >= lengthOf(after));
  return waits.flatMap((wait) => {
    if (wait === shortest) return [];
    if (intoBefore && wait === before) return [{ ...wait, to: shortest.to }];
    if (!intoBefore && wait === after) return [{ ...wait, from: shortest.from }];
    return [wait];
  });
}

/** What of them lies between the two instants. */
export function waitsWithin(waits: readonly JobWait[], from: number, to: number): readonly JobWait[] {
  return waits.flatMap((wait) => {
    const end = wait.to === null ? to : Math.min(wait.to, to);
    const start = Math.max(wait.from, from);
    return start < end ? [{ ...wait, from: start, to: end }] : [];
  });
}

/** Both in order of time, and where they overlap the ones above. @param below and `above` have ended */
export function overlaid(below: readonly JobWait[], above: readonly JobWait[]): readonly JobWait[] {
  const uncovered = above.reduce<readonly JobWait[]>((rest, { from, to }) => {
    const end = to ?? Number.POSITIVE_INFINITY;
    return rest.flatMap((wait) => [
      ...waitsWithin([wait], Number.NEGATIVE_INFINITY, from),
      ...waitsWithin([wait], end, Number.POSITIVE_INFINITY),
    ]);
  }, below);
  return [...uncovered, ...above].sort((a, b) => a.from - b.from);
}
