/** Whether processes do anything: read, compute, or take memory. proc_pid_io(5), proc_pid_stat(5), proc_pid_statm(5). */
import { readFileSync } from 'node:fs';
import { readStat } from './stat.ts';

/** A text that differs from the last one when any of these processes has done anything since. */
export function activityOf(pids: readonly number[]): string {
  return pids
    .map((pid) => `${pid} ${readStat(pid)?.cpuTicks} ${bytesRead(pid)} ${residentPages(pid)}`)
    .join('\n');
}

/** From files and pipes, out of the page cache or not. Empty where it may not be read. */
function bytesRead(pid: number): string {
  const io = read(`/proc/${pid}/io`);
  return `${/^rchar: (\d+)$/m.exec(io)?.[1] ?? ''} ${/^read_bytes: (\d+)$/m.exec(io)?.[1] ?? ''}`;
}

/** A file that is mapped comes in page by page, without a read. */
function residentPages(pid: number): string {
  return read(`/proc/${pid}/statm`).split(' ')[1] ?? '';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
