/** What the disk takes for a durable write: no commit takes less. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BYTES = 16 * 1024;

/** Milliseconds of each of so many writes, one after the other, where benches keep their data. */
export function durableWrites(count: number): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), 'vramkeeper-bench-'));
  const file = openSync(join(folder, 'written'), 'w');
  try {
    const bytes = Buffer.alloc(BYTES);
    return Array.from({ length: count }, (_, at) => {
      const startedAt = performance.now();
      writeSync(file, bytes, 0, BYTES, at * BYTES);
      fdatasyncSync(file);
      return performance.now() - startedAt;
    });
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}
