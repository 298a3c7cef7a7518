import { join } from 'node:path';
import type { ProcessSpec } from '../../../../src/backend/supervisor/index.ts';

export const PROGRAM = join(import.meta.dirname, 'program.ts');

export async function probe(port: number, signal: AbortSignal): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { signal });
  await response.text();
}

/** The program of this folder, run with these flags. */
export function spec(flags: readonly string[] = [], changes: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    name: 'test program',
    command: process.execPath,
    args: [PROGRAM, ...flags],
    env: { LANG: 'C' },
    readiness: { port: { kind: 'from-output', pattern: /Listening on \S+:(\d+)/ }, probe },
    graceMs: 1_000,
    ...changes,
  };
}
