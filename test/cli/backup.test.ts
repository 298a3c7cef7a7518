import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../store/support/stores.ts';
import { run } from './support/program.ts';

test('backup and restore work on the data directory of the settings, and say what they did', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'vramkeeper-backup-'));
  try {
    const store = await openStore(join(cwd, 'data'));
    expect(await run(['backup', 'jobs.backup', '--data-dir', 'data'], { cwd })).toMatchObject({
      code: 0,
      out: '',
      notes: expect.stringMatching(/jobs\.backup has all jobs of .*data: /),
    });
    const refused = await run(['restore', 'jobs.backup', '--data-dir', 'data', '--replace'], { cwd });
    expect(refused).toMatchObject({ code: 1, notes: expect.stringContaining('Stop it first') });
    await store.stop();
    await writeFile(join(cwd, 'vramkeeper.yaml'), 'store: postgres://me:secret@db.example/jobs\n');
    const elsewhere = await run(['backup', 'none.backup', '--data-dir', 'data'], { cwd });
    expect(elsewhere).toMatchObject({ code: 1, notes: expect.stringContaining('by pg_dump') });
    expect(elsewhere.notes).not.toContain('secret');
    await rm(join(cwd, 'vramkeeper.yaml'));
    const restored = await run(['restore', 'jobs.backup', '--data-dir', 'data', '--replace'], { cwd });
    expect(restored).toMatchObject({ code: 0, notes: expect.stringContaining('before-restore-1') });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});
