/** Changes the memory of the fixture system, with the rules of the real one and no time between wish and deed, but for `settle`. */
import type { Clock } from '../../src/clock.ts';
import {
  BackendUnavailableError,
  InsufficientVramError,
  InvalidInputError,
  ModelNotFoundError,
} from '../../src/domain/errors.ts';
import type { Gpu, VramUsage } from '../../src/domain/gpu.ts';
import type { GpuId } from '../../src/domain/ids.ts';
import { stableId } from '../../src/domain/ids.ts';
import type {
  MemoryOperations,
  ModelTarget,
  Reservation,
  ReserveInput,
} from '../../src/domain/memory-operations.ts';
import type { InstanceState, ModelState } from '../../src/domain/system.ts';
import { formatBytes } from '../../src/domain/units.ts';
import { instance, type SystemFixture } from './system-fixture.ts';

export class MemoryOperationsFixture implements MemoryOperations {
  readonly #system: SystemFixture;
  readonly #clock: Clock;
  #reservations: readonly Reservation[] = [];
  #count = 0;

  constructor(system: SystemFixture, clock: Clock) {
    this.#system = system;
    this.#clock = clock;
  }

  reservations(): readonly Reservation[] {
    const now = this.#clock.now();
    this.#keep(this.#reservations.filter(({ expiresAt }) => expiresAt === null || expiresAt > now));
    return this.#reservations;
  }

  /** One that is in the configuration. */
  configure(owner: string, bytes: number, gpuId: GpuId): void {
    this.#add({ owner, bytes, gpuId, expiresAt: null, ready: true, kind: 'CONFIGURED' });
  }

  /** What instances hold beyond what is left to them goes, and every reservation is ready. */
  settle(): void {
    this.#system.gpus = this.#system.gpus.map((gpu) => {
      const instanceBytes = Math.max(0, gpu.usage.instanceBytes - gpu.usage.deficitBytes);
      return { ...gpu, usage: ledger(gpu.usage, { instanceBytes }) };
    });
    this.#keep(this.#reservations.map((each) => ({ ...each, ready: true })));
  }

  async reserve({ owner, client, bytes, gpuId, leaseMs }: ReserveInput): Promise<Reservation> {
    const candidates = this.#system.gpus.filter((gpu) => gpuId === null || gpu.id === gpuId);
    const [roomiest] = candidates.toSorted((a, b) => room(b) - room(a));
    if (!roomiest)
      throw new InvalidInputError([{ path: ['gpuId'], message: 'There is no GPU to reserve on.' }]);
    const largest = room(roomiest);
    if (bytes > largest) {
      const message = `${formatBytes(bytes)} cannot be reserved: GPU ${roomiest.index} can give ${formatBytes(largest)} at most.`;
      throw new InsufficientVramError(message, bytes, largest);
    }
    const expiresAt = leaseMs === null ? null : this.#clock.now() + leaseMs;
    const ready = roomiest.usage.freeBytes >= bytes;
    const asked = { ...(client !== undefined && { client }), createdAt: this.#clock.now() };
    return this.#add({ ...asked, owner, bytes, gpuId: roomiest.id, expiresAt, ready, kind: 'LEASE' });
  }

  async endReservation(id: Reservation['id']): Promise<boolean> {
    const left = this.#reservations.filter((each) => each.id !== id);
    const found = left.length < this.#reservations.length;
    this.#keep(left);
    return found;
  }

  async loadModel(target: ModelTarget & { readonly contextLength: number | null }): Promise<InstanceState> {
    const { info } = this.#find(target);
    const loaded = this.#system.instances.find((each) => each.variant.weights === info.weights);
    const base = loaded ?? instance(info, this.#system.gpus.slice(0, 1));
    const contextLength = target.contextLength ?? base.variant.contextLength;
    return this.#put({ ...base, status: 'READY', variant: { ...base.variant, contextLength } });
  }

  lengthenKeepAlive(): boolean {
    return false;
  }

  async unloadModel(target: ModelTarget): Promise<void> {
    const { info } = this.#find(target);
    this.#system.instances = this.#system.instances.filter((each) => each.variant.weights !== info.weights);
  }

  async pinModel(target: ModelTarget & { readonly leaseMs: number | null }): Promise<InstanceState> {
    const loaded = await this.loadModel({ ...target, contextLength: null });
    return this.#put({ ...loaded, pinned: true, evictable: false, expiresAt: null });
  }

  async unpinModel(target: ModelTarget): Promise<void> {
    const { info } = this.#find(target);
    for (const each of this.#system.instances.filter((one) => one.variant.weights === info.weights))
      this.#put({ ...each, pinned: false, evictable: true });
  }

  /** @throws ModelNotFoundError, BackendUnavailableError, InsufficientVramError as the real one does */
  #find({ model, backendId }: ModelTarget): ModelState {
    const found = this.#system.model(model);
    if (!found) throw new ModelNotFoundError(model, ['qwen3:8b']);
    const [backend] = this.#system.backends();
    if (backend?.health === 'UNREACHABLE') {
      throw new BackendUnavailableError(`${backend.name} does not answer. Start it.`, backendId);
    }
    const bytes = this.#system.vramEstimate(found, null)?.bytes ?? 0;
    const largest = Math.max(0, ...this.#system.gpus.map(room));
    if (bytes <= largest) return found;
    const message = `${model} needs ${formatBytes(bytes)}, and no backend has more than ${formatBytes(largest)}.`;
    throw new InsufficientVramError(message, bytes, largest);
  }

  #put(changed: InstanceState): InstanceState {
    const others = this.#system.instances.filter((each) => each.id !== changed.id);
    this.#system.instances = [...others, changed];
    return changed;
  }

  #add(reservation: Omit<Reservation, 'id'>): Reservation {
    this.#count += 1;
    const id = stableId('rsv', String(this.#count));
    const added = { ...reservation, id };
    this.#keep([...this.#reservations, added]);
    return added;
  }

  #keep(reservations: readonly Reservation[]): void {
    this.#reservations = reservations;
    this.#system.gpus = this.#system.gpus.map((gpu) => {
      const own = reservations.filter((each) => each.gpuId === gpu.id);
      const reservedBytes = own.reduce((sum, each) => sum + each.bytes, 0);
      return { ...gpu, usage: ledger(gpu.usage, { reservedBytes }) };
    });
  }
}

/** What could be given to one more with every instance gone. */
function room({ usage }: Gpu): number {
  return usage.totalBytes - usage.headroomBytes - usage.reservedBytes - usage.foreignBytes;
}

function ledger(usage: VramUsage, change: Partial<VramUsage>): VramUsage {
  const next = { ...usage, ...change };
  const { totalBytes, headroomBytes, reservedBytes, foreignBytes, instanceBytes } = next;
  const left = totalBytes - headroomBytes - reservedBytes - foreignBytes - instanceBytes;
  return { ...next, freeBytes: Math.max(0, left), deficitBytes: Math.max(0, -left) };
}
