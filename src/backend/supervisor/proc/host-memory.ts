/** What the host has left: `/proc/meminfo` (proc_meminfo(5)), and the limits of the control groups that we live in (cgroup v2). */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface HostRoom {
  readonly totalBytes: number;
  /** Could be taken without swapping: what the kernel can drop at once, such as cached files, counts as available. */
  readonly availableBytes: number;
}

export interface HostPlaces {
  readonly proc: string;
  readonly cgroups: string;
}

const PLACES: HostPlaces = { proc: '/proc', cgroups: '/sys/fs/cgroup' };

/** Null where the kernel does not tell. */
export async function readHostRoom(places: HostPlaces = PLACES): Promise<HostRoom | null> {
  const host = parseMeminfo(await readOrEmpty(join(places.proc, 'meminfo')));
  if (!host) return null;
  const groups = ownGroups(await readOrEmpty(join(places.proc, 'self', 'cgroup')));
  const limits = await Promise.all(groups.map((group) => groupRoom(join(places.cgroups, group))));
  return limits.reduce<HostRoom>(
    (least, limit) => ({
      totalBytes: Math.min(least.totalBytes, limit?.totalBytes ?? Number.POSITIVE_INFINITY),
      availableBytes: Math.min(least.availableBytes, limit?.availableBytes ?? Number.POSITIVE_INFINITY),
    }),
    host,
  );
}

function parseMeminfo(text: string): HostRoom | null {
  const bytes = (name: string) => {
    const kib = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  };
  const totalBytes = bytes('MemTotal');
  const availableBytes = bytes('MemAvailable');
  return totalBytes === null || availableBytes === null ? null : { totalBytes, availableBytes };
}

/** Our group and all above it, as folders below the mount. */
function ownGroups(text: string): readonly string[] {
  const own = /^0::(\/.*)$/m.exec(text)?.[1];
  if (own === undefined) return [];
  const groups = [own];
  for (let group = own; group !== '/'; group = dirname(group)) groups.push(dirname(group));
  return groups;
}

/** Null for a group without a limit. */
async function groupRoom(folder: string): Promise<HostRoom | null> {
  const [max, current, stat] = await Promise.all(
    ['memory.max', 'memory.current', 'memory.stat'].map((name) => readOrEmpty(join(folder, name))),
  );
  const totalBytes = Number.parseInt(max ?? '', 10);
  const usedBytes = Number.parseInt(current ?? '', 10);
  if (!Number.isFinite(totalBytes) || !Number.isFinite(usedBytes)) return null;
  // Cached files are counted to the group, weights above all, and are dropped when it needs the room.
  const cachedBytes = Number(/^file (\d+)$/m.exec(stat ?? '')?.[1] ?? 0);
  return { totalBytes, availableBytes: Math.max(0, totalBytes - Math.max(0, usedBytes - cachedBytes)) };
}

function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
