/** What programs were started as: many show themselves only as `python`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ForeignProcess, GpuReading } from '../domain/gpu.ts';

const LONGEST = 4_096;

/** Null where the process is gone, or is of a host that is not this one. @param root in front of `/proc`; empty but in tests */
async function commandLine(pid: number, root = ''): Promise<string | null> {
  try {
    const text = await readFile(join(root, '/proc', String(pid), 'cmdline'), 'utf8');
    return text.split('\0').join(' ').trim().slice(0, LONGEST) || null;
  } catch {
    return null;
  }
}

/** The readings of this machine, whose processes can be looked up. */
export async function withCommandLines(
  readings: readonly GpuReading[],
  root = '',
): Promise<readonly GpuReading[]> {
  const withOne = async (process: ForeignProcess) => ({
    ...process,
    command: await commandLine(process.pid, root),
  });
  return Promise.all(
    readings.map(async (reading) => ({
      ...reading,
      processes: await Promise.all(reading.processes.map(withOne)),
    })),
  );
}
