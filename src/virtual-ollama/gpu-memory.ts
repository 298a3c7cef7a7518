/** A process that holds memory on a card. */
export interface MemoryOwner {
  readonly pid: number;
  readonly name: string;
}

export interface GpuProcess extends MemoryOwner {
  readonly usedBytes: number;
}

export interface GpuState {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  readonly processes: readonly GpuProcess[];
}

/** What a card does and what that costs: a virtual one works the harder the more of it is in use. */
export interface GpuActivity {
  /** 0 to 1. */
  readonly utilization: number;
  readonly powerWatts: number;
  readonly temperatureCelsius: number;
}

export function activityOf({
  totalBytes,
  usedBytes,
}: Pick<GpuState, 'totalBytes' | 'usedBytes'>): GpuActivity {
  const load = totalBytes === 0 ? 0 : Math.min(1, usedBytes / totalBytes);
  return {
    utilization: Math.round(load * 100) / 100,
    powerWatts: Math.round(2_200 + 30_000 * load) / 100,
    temperatureCelsius: Math.round(34 + 40 * load),
  };
}

export interface GpuShare {
  readonly gpu: number;
  readonly bytes: number;
}

/**
 * The memory of the virtual cards. Several virtual Ollamas may stand before one: every call is synchronous,
 * so that an implementation over shared files can lock around each.
 */
export interface GpuMemory {
  /** Whatever holds memory now, this server's engines or not. */
  read(): readonly GpuState[];
  /** Takes all shares or none. `oom` when any card has less free than its share. */
  allocate(owner: MemoryOwner, shares: readonly GpuShare[]): 'ok' | 'oom';
  /** Gives back everything of this process. */
  free(pid: number): void;
  /** What other programs hold on a card, which nobody asks leave for; it may exceed the card. */
  setForeign(gpu: number, bytes: number): void;
}

export interface GpuSpecification {
  readonly totalBytes: number;
  readonly name?: string;
  readonly uuid?: string;
}

interface Allocation {
  readonly owner: MemoryOwner;
  readonly shares: readonly GpuShare[];
}

/** The pid under which foreign memory of a card is shown. */
const FOREIGN_PID = 2;

/** Cards of this process alone. */
export class LocalGpuMemory implements GpuMemory {
  readonly #gpus: readonly Required<GpuSpecification>[];
  readonly #allocations = new Map<number, Allocation>();
  readonly #foreignBytes: number[];

  constructor(gpus: readonly GpuSpecification[]) {
    this.#gpus = gpus.map((gpu, index) => ({
      totalBytes: gpu.totalBytes,
      name: gpu.name ?? 'Virtual GPU',
      uuid: gpu.uuid ?? `GPU-00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    }));
    this.#foreignBytes = gpus.map(() => 0);
  }

  read(): readonly GpuState[] {
    return this.#gpus.map((gpu, index) => {
      const processes = this.#processesOn(index);
      const usedBytes = Math.min(
        gpu.totalBytes,
        processes.reduce((sum, process) => sum + process.usedBytes, 0),
      );
      return { index, ...gpu, usedBytes, freeBytes: gpu.totalBytes - usedBytes, processes };
    });
  }

  allocate(owner: MemoryOwner, shares: readonly GpuShare[]): 'ok' | 'oom' {
    const gpus = this.read();
    if (shares.some(({ gpu, bytes }) => bytes > (gpus[gpu]?.freeBytes ?? 0))) return 'oom';
    this.#allocations.set(owner.pid, { owner, shares });
    return 'ok';
  }

  free(pid: number): void {
    this.#allocations.delete(pid);
  }

  setForeign(gpu: number, bytes: number): void {
    if (gpu in this.#foreignBytes) this.#foreignBytes[gpu] = Math.max(0, bytes);
  }

  #processesOn(index: number): GpuProcess[] {
    const engines = [...this.#allocations.values()].flatMap(({ owner, shares }) =>
      shares
        .filter((share) => share.gpu === index && share.bytes > 0)
        .map((share) => ({ pid: owner.pid, name: owner.name, usedBytes: share.bytes })),
    );
    const foreign = this.#foreignBytes[index] ?? 0;
    return foreign > 0 ? [...engines, { pid: FOREIGN_PID, name: 'other', usedBytes: foreign }] : engines;
  }
}

const MIB = 2 ** 20;

/** `nvidia-smi --query-gpu=index,uuid,name,memory.total,memory.used,memory.free --format=csv,noheader,nounits`. */
export function nvidiaSmiCsv(gpus: readonly GpuState[]): string {
  return gpus
    .map(({ index, uuid, name, totalBytes, usedBytes }) => {
      const totalMib = Math.floor(totalBytes / MIB);
      const usedMib = Math.ceil(usedBytes / MIB);
      return `${index}, ${uuid}, ${name}, ${totalMib}, ${usedMib}, ${totalMib - usedMib}\n`;
    })
    .join('');
}
