import type { LoadSpec, Resident } from '../../domain/backend.ts';
import { SpilledError } from '../../domain/errors.ts';

/**
 * A model that went to the CPU in part although all of its layers were asked to be on GPUs is slow, and holds memory that was not
 * planned. What names no layers may lie where the server puts them, and on a host without a GPU nothing spills.
 * @throws SpilledError
 */
export function requireWhole(resident: Resident, { variant, gpus }: LoadSpec): void {
  if (variant.options.num_gpu === undefined || gpus.length === 0) return;
  if (resident.vramBytes < resident.sizeBytes) throw new SpilledError(variant.modelName, resident);
}
