/** Whether a reservation makes sense, and which card it is for. */

import { InsufficientVramError, InvalidInputError } from '../../domain/errors.ts';
import type { Gpu } from '../../domain/gpu.ts';
import { bytesOn } from '../../domain/instance.ts';
import { greatest } from '../../domain/long-lists.ts';
import type { ReserveInput } from '../../domain/memory-operations.ts';
import { formatBytes } from '../../domain/units.ts';
import type { SchedulerState } from '../state.ts';

const LONGEST_OWNER = 128;

export interface GpuOffer {
  readonly gpu: Gpu;
  /** The most that it could give. */
  readonly mostBytes: number;
}

/** Free once every instance that may leave is gone: pinned ones may not. */
export function mostRoom(gpu: Gpu, state: SchedulerState): number {
  const { freeBytes, deficitBytes, instanceBytes } = gpu.usage;
  const pinned = [...state.instances.values()].filter((instance) => instance.pinned);
  const staying = pinned.flatMap((instance) => instance.footprint);
  return Math.max(0, freeBytes - deficitBytes + instanceBytes - bytesOn(gpu.id, staying));
}

/**
 * The named card; else the one with the most free bytes of those that could ever give so much.
 * @throws InvalidInputError, InsufficientVramError
 */
export function chooseGpu({ owner, bytes, gpuId, leaseMs }: ReserveInput, offers: readonly GpuOffer[]): Gpu {
  const possible = offers.filter(({ gpu }) => gpuId === null || gpu.id === gpuId);
  const problems: readonly (readonly [boolean, string, string])[] = [
    [
      owner.trim() === '' || owner.length > LONGEST_OWNER,
      'owner',
      `must have 1 to ${LONGEST_OWNER} characters.`,
    ],
    [!(bytes > 0), 'bytes', 'must be more than 0.'],
    [leaseMs !== null && leaseMs <= 0, 'lease', 'must be more than 0.'],
    [offers.length === 0, 'gpuId', 'there is no GPU that vramkeeper knows of.'],
    [offers.length > 0 && possible.length === 0, 'gpuId', 'is no GPU of a backend.'],
  ];
  const issues = problems.flatMap(([wrong, field, message]) => (wrong ? [{ path: [field], message }] : []));
  if (issues.length > 0) throw new InvalidInputError(issues);
  const able = possible.filter(({ mostBytes }) => mostBytes >= bytes);
  if (able.length > 0)
    return able.reduce((a, b) => (b.gpu.usage.freeBytes > a.gpu.usage.freeBytes ? b : a)).gpu;
  const most = Math.max(0, greatest(possible.map(({ mostBytes }) => mostBytes)));
  throw new InsufficientVramError(
    `A reservation of ${formatBytes(bytes)} is more than ${gpuId === null ? 'any GPU' : 'this GPU'} can give: ${formatBytes(most)} with every instance gone that is not pinned.`,
    bytes,
    most,
  );
}
