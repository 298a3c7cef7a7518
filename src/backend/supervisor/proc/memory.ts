/** `/proc/PID/status`: what a process holds of the host's memory. proc_pid_status(5). */
import { readFile } from 'node:fs/promises';

export interface HostMemory {
  /** All pages in memory, those of mapped files included; pages that processes share count for each. */
  readonly residentBytes: number;
  /** Those that the kernel cannot simply drop: without mapped files, such as weights. */
  readonly anonymousBytes: number;
}

/** Zero for what a zombie or a kernel thread does not have. */
export function parseMemory(status: string): HostMemory {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { residentBytes: bytes('VmRSS'), anonymousBytes: bytes('RssAnon') + bytes('RssShmem') };
}

/** The sum over these processes; one that is gone counts nothing. */
export async function memoryOf(pids: readonly number[]): Promise<HostMemory> {
  const parts = await Promise.all(
    pids.map(async (pid) => parseMemory(await readFile(`/proc/${pid}/status`, 'latin1').catch(() => ''))),
  );
  return parts.reduce(
    (sum, part) => ({
      residentBytes: sum.residentBytes + part.residentBytes,
      anonymousBytes: sum.anonymousBytes + part.anonymousBytes,
    }),
    { residentBytes: 0, anonymousBytes: 0 },
  );
}
