/**
 * Which process has how much memory of which AMD card. Two views, and neither is whole: the compute driver tells everyone of ROCm
 * programs (/sys/class/kfd/kfd/proc, Documentation/ABI of amdkfd); a DRM file that a process has open tells of everything, but only to
 * the process's user (docs.kernel.org/gpu/drm-usage-stats.html).
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { ForeignProcess } from '../domain/gpu.ts';
import { KiB, MiB } from '../domain/units.ts';

/** Looking through the open files of every process is the costly part; new processes are looked at at once. */
const RESCAN_MS = 10_000;

/** Bytes of each process, by PCI address. */
type Usage = Map<string, Map<number, number>>;

/** The DRM files that each process has open, and when it was looked through, on the monotonic clock. */
type OpenFiles = ReadonlyMap<number, { readonly paths: readonly string[]; readonly scannedAt: number }>;

export class AmdProcesses {
  readonly #root: string;
  readonly #clock: Clock;
  #files: OpenFiles = new Map();

  /** @param root in front of `/sys` and `/proc`; empty but in tests */
  constructor(root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
  }

  /** The processes of each card by its PCI address, those that can be seen. */
  async read(): Promise<ReadonlyMap<string, readonly ForeignProcess[]>> {
    const usage: Usage = new Map();
    // The same memory can be in both views, so the larger figure holds.
    for (const part of await Promise.all([this.#readCompute(), this.#readFiles()])) merge(usage, part);
    const named = [...usage].map(async ([address, processes]) => {
      const found = [...processes].filter(([, bytes]) => bytes > 0);
      const list = found.map(async ([pid, bytes]) => ({ pid, name: await this.#name(pid), bytes }));
      return [address, await Promise.all(list)] as const;
    });
    return new Map(await Promise.all(named));
  }

  async #readCompute(): Promise<Usage> {
    const usage: Usage = new Map();
    const folder = join(this.#root, '/sys/class/kfd/kfd/proc');
    const pids = await numbersIn(folder);
    if (pids.length === 0) return usage;
    const addresses = await this.#computeAddresses();
    for (const pid of pids) {
      for (const [gpuId, address] of addresses) {
        const said = await text(join(folder, String(pid), `vram_${gpuId}`));
        if (said !== null && /^\d+$/.test(said)) add(usage, address, pid, Number(said));
      }
    }
    return usage;
  }

  /** PCI addresses by the ids of the compute driver. */
  async #computeAddresses(): Promise<ReadonlyMap<string, string>> {
    const folder = join(this.#root, '/sys/class/kfd/kfd/topology/nodes');
    const nodes = await Promise.all(
      (await numbersIn(folder)).map(async (node): Promise<[string, string][]> => {
        const gpuId = await text(join(folder, String(node), 'gpu_id'));
        const properties = await text(join(folder, String(node), 'properties'));
        const address = pciAddress(properties ?? '');
        // The processors are nodes too, with the id 0.
        return gpuId && gpuId !== '0' && address ? [[gpuId, address]] : [];
      }),
    );
    return new Map(nodes.flat());
  }

  async #readFiles(): Promise<Usage> {
    const usage: Usage = new Map();
    const counted = new Set<string>();
    for (const [pid, { paths }] of await this.#scan()) {
      for (const path of paths) {
        const client = parseFdinfo((await text(path)) ?? '');
        // A file that was passed on or duplicated is the same client, whose memory counts once.
        const id = client?.clientId ? `${client.pciAddress} ${client.clientId}` : path;
        if (!client || counted.has(id)) continue;
        counted.add(id);
        add(usage, client.pciAddress, pid, client.bytes);
      }
    }
    return usage;
  }

  async #scan(): Promise<OpenFiles> {
    const now = this.#clock.monotonic();
    const pids = await numbersIn(join(this.#root, '/proc'));
    const scanned = await Promise.all(
      pids.map(async (pid) => {
        const known = this.#files.get(pid);
        if (known && now - known.scannedAt < RESCAN_MS) return [pid, known] as const;
        return [pid, { paths: await this.#drmFiles(pid), scannedAt: now }] as const;
      }),
    );
    this.#files = new Map(scanned);
    return this.#files;
  }

  /** Empty for a process of another user. */
  async #drmFiles(pid: number): Promise<readonly string[]> {
    const folder = join(this.#root, '/proc', String(pid));
    const paths: string[] = [];
    for (const file of await numbersIn(join(folder, 'fd'))) {
      const target = await readlink(join(folder, 'fd', String(file))).catch(() => '');
      if (target.startsWith('/dev/dri/')) paths.push(join(folder, 'fdinfo', String(file)));
    }
    return paths;
  }

  async #name(pid: number): Promise<string | null> {
    const folder = join(this.#root, '/proc', String(pid));
    const command = (await text(join(folder, 'cmdline')))?.split('\0')[0];
    return command || (await text(join(folder, 'comm'))) || null;
  }
}

export interface DrmClient {
  readonly pciAddress: string;
  readonly clientId: string | null;
  readonly bytes: number;
}

/** What is resident, where the kernel tells it; older ones tell of amdgpu only `drm-memory-`, the size of the buffers. */
const MEMORY_KEYS = ['drm-resident-vram', 'drm-memory-vram', 'drm-total-vram'];
const UNITS: Readonly<Record<string, number>> = { '': 1, KiB, MiB };

/** Null for a file that is not an AMD client's. */
export function parseFdinfo(fdinfo: string): DrmClient | null {
  const values = new Map(
    fdinfo.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
  const address = values.get('drm-pdev');
  if (values.get('drm-driver') !== 'amdgpu' || !address) return null;
  const said = MEMORY_KEYS.map((key) => values.get(key)).find((value) => value !== undefined);
  const [, amount, unit = ''] = /^(\d+)\s*(\w*)$/.exec(said ?? '') ?? [];
  const factor = UNITS[unit];
  if (amount === undefined || factor === undefined) return null;
  return {
    pciAddress: address,
    clientId: values.get('drm-client-id') ?? null,
    bytes: Number(amount) * factor,
  };
}

/** `0000:03:00.0` of `domain 0` and `location_id 768`: bus, device and function in 8, 5 and 3 bits. */
export function pciAddress(properties: string): string | null {
  const value = (name: string) => new RegExp(`^${name} (\\d+)$`, 'm').exec(properties)?.[1];
  const location = Number(value('location_id') ?? Number.NaN);
  if (!Number.isInteger(location)) return null;
  const hex = (part: number, digits: number) => part.toString(16).padStart(digits, '0');
  const [bus, device, part] = [(location >> 8) & 0xff, (location >> 3) & 0x1f, location & 7];
  return `${hex(Number(value('domain') ?? 0), 4)}:${hex(bus, 2)}:${hex(device, 2)}.${part}`;
}

function add(usage: Usage, address: string, pid: number, bytes: number): void {
  const processes = usage.get(address) ?? new Map<number, number>();
  processes.set(pid, (processes.get(pid) ?? 0) + bytes);
  usage.set(address, processes);
}

function merge(into: Usage, from: Usage): void {
  for (const [address, processes] of from) {
    const merged = into.get(address) ?? new Map<number, number>();
    for (const [pid, bytes] of processes) merged.set(pid, Math.max(bytes, merged.get(pid) ?? 0));
    into.set(address, merged);
  }
}

async function numbersIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function text(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    // Gone with its process, or not for us.
    return null;
  }
}
