import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GpuMemory, GpuShare, GpuState, MemoryOwner } from '../gpu-memory.ts';
import { FolderLock } from './folder-lock.ts';
import {
  ALLOCATIONS_FOLDER,
  allocationPath,
  readForeign,
  readGpuFolder,
  removeAllocation,
  writeForeign,
  writeWhole,
} from './gpu-folder.ts';
import { identify } from './process-identity.ts';

/**
 * The cards of a folder, of which this one sees some. Each engine's memory is a file under its own pid and start time: it is gone with
 * the process, whoever ended that, and it outlives the server that started the engine.
 */
export class FolderGpuMemory implements GpuMemory {
  readonly #folder: string;
  readonly #visible: readonly number[] | undefined;
  readonly #lock: FolderLock;
  readonly #owned = new Map<number, string>();

  /** @param visible indices of the folder's cards, in the order in which they are numbered here; all unless given. */
  constructor(folder: string, visible?: readonly number[]) {
    this.#folder = folder;
    this.#visible = visible;
    mkdirSync(join(folder, ALLOCATIONS_FOLDER), { recursive: true });
    this.#lock = new FolderLock(folder);
  }

  read(): readonly GpuState[] {
    const all = readGpuFolder(this.#folder);
    if (!this.#visible) return all;
    return this.#visible.flatMap((physical, index) => {
      const gpu = all[physical];
      return gpu ? [{ ...gpu, index }] : [];
    });
  }

  /** `oom` also when the process has ended meanwhile: it holds nothing. */
  allocate(owner: MemoryOwner, shares: readonly GpuShare[]): 'ok' | 'oom' {
    return this.#lock.hold(() => {
      const gpus = this.read();
      const identity = identify(owner.pid);
      if (!identity) return 'oom';
      if (shares.some(({ gpu, bytes }) => bytes > (gpus[gpu]?.freeBytes ?? 0))) return 'oom';
      const physical = shares.map(({ gpu, bytes }) => ({ gpu: this.#physical(gpu), bytes }));
      writeWhole(allocationPath(this.#folder, owner.pid, identity.startTicks), {
        name: owner.name,
        shares: physical,
      });
      this.#owned.set(owner.pid, identity.startTicks);
      return 'ok';
    });
  }

  free(pid: number): void {
    const startTicks = this.#owned.get(pid);
    if (startTicks === undefined) return;
    this.#owned.delete(pid);
    removeAllocation(this.#folder, pid, startTicks);
  }

  setForeign(gpu: number, bytes: number): void {
    const physical = this.#physical(gpu);
    this.#lock.hold(() => {
      const others = readForeign(this.#folder).filter((entry) => entry.gpu !== physical);
      writeForeign(this.#folder, bytes > 0 ? [...others, { gpu: physical, bytes }] : others);
    });
  }

  #physical(gpu: number): number {
    return this.#visible?.[gpu] ?? gpu;
  }
}
