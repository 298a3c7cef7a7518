/** What the host has left, as the kernel and the limits of containers and services tell. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readHostRoom } from '../../../src/backend/supervisor/proc/host-memory.ts';
import { GiB, MiB } from '../../../src/domain/units.ts';
import { dataFolder } from './support/house.ts';

const MEMINFO = 'MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:    8388608 kB\n';

/** A host of 16 GiB with 8 GiB available. */
function places(files: Readonly<Record<string, string>> = {}) {
  const folder = dataFolder();
  for (const [name, text] of Object.entries({ 'proc/meminfo': MEMINFO, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { proc: join(folder, 'proc'), cgroups: join(folder, 'cgroup') };
}

test('is what the kernel calls available', async () => {
  expect(await readHostRoom(places())).toEqual({ totalBytes: 16 * GiB, availableBytes: 8 * GiB });
  expect((await readHostRoom())?.availableBytes).toBeGreaterThan(0);
});

test('is at most what the group’s limit leaves, cached files counted as free', async () => {
  const room = await readHostRoom(
    places({
      'proc/self/cgroup': '0::/system.slice/vramkeeper.service\n',
      'cgroup/system.slice/vramkeeper.service/memory.max': `${4 * GiB}\n`,
      'cgroup/system.slice/vramkeeper.service/memory.current': `${3 * GiB}\n`,
      'cgroup/system.slice/vramkeeper.service/memory.stat': `anon ${GiB}\nfile ${2 * GiB}\n`,
    }),
  );
  expect(room).toEqual({ totalBytes: 4 * GiB, availableBytes: 3 * GiB });
});

test('follows the limits of the groups above, and knows one without a limit', async () => {
  const room = await readHostRoom(
    places({
      'proc/self/cgroup': '1:cpu:/x\n0::/pod/one\n',
      'cgroup/pod/one/memory.max': 'max\n',
      'cgroup/pod/one/memory.current': `${GiB}\n`,
      'cgroup/pod/memory.max': `${GiB}\n`,
      'cgroup/pod/memory.current': `${512 * MiB}\n`,
    }),
  );
  expect(room).toEqual({ totalBytes: GiB, availableBytes: 512 * MiB });
});

test('is unknown where the kernel does not tell', async () => {
  expect(await readHostRoom(places({ 'proc/meminfo': 'MemTotal: 16777216 kB\n' }))).toBeNull();
});
