import { readFileSync } from 'node:fs';

/** A process, told apart from a later one with the same pid by when it started (clock ticks since boot). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** Fields of `/proc/<pid>/stat` after the name, which may hold blanks and parentheses itself; counted from the state. */
const START_TICKS_FIELD = 19;

/** Undefined when there is no such process, or only what is left of one: a zombie holds no memory. */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startTicks = fields[START_TICKS_FIELD];
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks };
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}
