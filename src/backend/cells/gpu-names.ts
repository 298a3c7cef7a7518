/** How the driver knows the cards that a cell is to see. */
import { BackendError } from '../../domain/errors.ts';

export interface PlannedGpu {
  /** As its probe names it: an NVIDIA UUID, an AMD unique id, or an index. */
  readonly key: string;
  readonly index: number;
}

/** `any`: an index alone does not tell whose card it is. */
export type Vendor = 'nvidia' | 'amd' | 'any';

export const NVIDIA = /^(GPU|MIG)-[0-9a-f-]+$/i;
export const AMD = /^(0x)?[0-9a-f]{16}$/i;
const INDEX = /^\d+$/;

export interface NamedGpus {
  readonly vendor: Vendor;
  /** As the vendor's variable takes them. */
  readonly names: string;
}

/** @param gpus at least one @throws BackendError for a card that no variable can name, and for cards of several kinds */
export function namedGpus(gpus: readonly PlannedGpu[]): NamedGpus {
  const vendors = new Set(gpus.map(vendorOf));
  const names = gpus.map(nameOf).join(',');
  if (vendors.size > 1) {
    throw new BackendError(
      'LOAD_FAILED',
      'none',
      `One model cannot lie on cards of several kinds (${names}). Use a backend for each kind.`,
    );
  }
  const [vendor = 'any'] = vendors;
  return { vendor, names };
}

function vendorOf({ key }: PlannedGpu): Vendor {
  if (NVIDIA.test(key)) return 'nvidia';
  if (AMD.test(key)) return 'amd';
  if (INDEX.test(key)) return 'any';
  throw new BackendError(
    'LOAD_FAILED',
    'none',
    `A server process cannot be bound to GPU ${key}: it has no UUID that its driver knows. Leave that card out of the backend's gpus.`,
  );
}

export function nameOf(gpu: PlannedGpu): string {
  return AMD.test(gpu.key) && !NVIDIA.test(gpu.key) ? `GPU-${gpu.key.replace(/^0x/i, '')}` : gpu.key;
}
