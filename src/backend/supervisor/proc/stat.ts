/** `/proc/PID/stat`: who a process is, whose group it is in, and whether it still runs. proc_pid_stat(5). */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

/** A pid alone is reused; together with the start time it names one process of this boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22: clock ticks from boot to its start. */
  readonly startTicks: number;
}

export interface ProcessStat extends ProcessIdentity {
  /** R, S, D, Z, … */
  readonly state: string;
  readonly groupId: number;
  readonly sessionId: number;
  readonly threads: number;
  /** Fields 14 and 15: processor time of all its threads, the ended ones included. */
  readonly cpuTicks: number;
}

/** Null for what is not a line of that file. The program's name, in parentheses, may hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | null {
  const open = text.indexOf(' (');
  const close = text.lastIndexOf(') ');
  if (open < 0 || close < open) return null;
  // From field 3 on.
  const fields = text.slice(close + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  const stat = {
    pid: Number(text.slice(0, open)),
    state: fields[0] ?? '',
    groupId: field(5),
    sessionId: field(6),
    threads: field(20),
    cpuTicks: field(14) + field(15),
    startTicks: field(22),
  };
  const numbers = [stat.pid, stat.groupId, stat.sessionId, stat.threads, stat.cpuTicks, stat.startTicks];
  return numbers.every(Number.isSafeInteger) && stat.state !== '' ? stat : null;
}

/** One line: a name of at most 64 bytes and some fifty numbers. Shared, as every process of the host is read again and again. */
const line = Buffer.alloc(2_048);

/** Null when there is no such process. Does not wait: unlike `environ`, this file needs no lock of the process's memory. */
export function readStat(pid: number): ProcessStat | null {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
    return parseStat(line.toString('latin1', 0, readSync(file, line)));
  } catch {
    return null;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Every process that can be seen. */
export function listStats(): readonly ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
}

/** Whether it can still do or hold anything. A process whose first thread has ended looks like a zombie while others of it run. */
export function isLiving(stat: Pick<ProcessStat, 'state' | 'threads'>): boolean {
  return (stat.state !== 'Z' && stat.state !== 'X') || stat.threads > 1;
}

export function isSame(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks;
}

/** The process of that identity, living or a zombie; null when it is gone, though its pid may have a new owner. */
export function findProcess(identity: ProcessIdentity): ProcessStat | null {
  const stat = readStat(identity.pid);
  return stat && isSame(stat, identity) ? stat : null;
}
