/** What names a start of the machine, so that uptimes of two lives of the server can be compared. */

/** Fields of `/proc/<pid>/stat` behind the name of the program, which may have spaces and parentheses in it: when the process was started. */
const START_TICKS = 19;
/** In everything that Linux tells programs, whatever its kernel counts in. */
const TICK_MS = 10;
/** By which the uptime is off at most that is the machine's: times here are whole ticks, and are read one after the other. */
const MOST_OFF_MS = 5_000;

/** How long this process has lived, and what it is told of how long the machine is up. */
export interface Ages {
  readonly uptimeMs: number;
  readonly processMs: number;
}

/**
 * Linux names each start of the machine; elsewhere nothing does. A container shares that name with its host. Where it is also told the uptime of the
 * machine, as most are, its own starts do not matter, not even where this server is its first process. Some are told one that counts from their
 * own start: then this process, whose start the kernel tells in the machine's time, seems to have been started later, or earlier, than it
 * can have been, and the start of the container's first process is a part of the name.
 * @param read a file's text; throws where there is none
 */
export function machineStart(read: (path: string) => string, { uptimeMs, processMs }: Ages): string | null {
  try {
    const boot = read('/proc/sys/kernel/random/boot_id').trim();
    const started = startOf('self', read);
    const isOfMachine = started === null || Math.abs(uptimeMs - processMs - started * TICK_MS) <= MOST_OFF_MS;
    return isOfMachine ? boot : `${boot}:${startOf('1', read)}`;
  } catch {
    return null;
  }
}

function startOf(process: string, read: (path: string) => string): number | null {
  try {
    const stat = read(`/proc/${process}/stat`);
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TICKS]);
    return Number.isFinite(ticks) ? ticks : null;
  } catch {
    return null;
  }
}
