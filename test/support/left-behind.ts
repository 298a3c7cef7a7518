/** What a test has started and not ended: processes that live, by the folder they were started for or by their parent. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Vitest's own: what watches its workers, and workers that take their time to end on a busy machine. */
const RUNNERS_OWN = /^vitest-watchdog$|\/vitest\/dist\/workers\//;

export interface LeftProcess {
  readonly pid: number;
  readonly command: string;
}

/** @param parent its children count too, wherever they work. */
export function processesOf(folder: string, parent?: number): readonly LeftProcess[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .flatMap((pid): LeftProcess[] => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        // After the name, which may hold anything (proc(5)).
        const [state, itsParent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
        if (RUNNERS_OWN.test(command)) return [];
        const isOurs = Number(itsParent) === parent || command.includes(folder) || worksIn(pid, folder);
        return isOurs ? [{ pid, command }] : [];
      } catch {
        // Gone meanwhile, or somebody else's.
        return [];
      }
    });
}

function worksIn(pid: number, folder: string): boolean {
  return (
    readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ||
    readFileSync(`/proc/${pid}/environ`, 'latin1').includes(folder)
  );
}

/** @returns whom it had to kill. */
export function killAll(left: readonly LeftProcess[]): readonly string[] {
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  return left.map(({ pid, command }) => `${pid}: ${command}`);
}
