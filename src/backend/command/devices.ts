/** The variables that show a server process the cards that were planned for it, and no others. */
import { namedGpus, type PlannedGpu } from '../cells/gpu-names.ts';

/** Hides every card from programs of every vendor. */
const NO_CARD = {
  CUDA_VISIBLE_DEVICES: '-1',
  HIP_VISIBLE_DEVICES: '-1',
  ROCR_VISIBLE_DEVICES: '-1',
  GGML_VK_VISIBLE_DEVICES: '-1',
};

/**
 * ROCm's runtime hides by ROCR_VISIBLE_DEVICES, and what HIP counts are those that are left: it needs no second variable, and takes
 * CUDA_VISIBLE_DEVICES for one.
 * @throws BackendError for a card that none of these variables can name
 */
export function visibleDevices(gpus: readonly PlannedGpu[]): Readonly<Record<string, string>> {
  if (gpus.length === 0) return NO_CARD;
  const { vendor, names } = namedGpus(gpus);
  switch (vendor) {
    case 'nvidia':
      return { CUDA_VISIBLE_DEVICES: names, ROCR_VISIBLE_DEVICES: '-1', GGML_VK_VISIBLE_DEVICES: '-1' };
    case 'amd':
      return { ROCR_VISIBLE_DEVICES: names };
    case 'any':
      // In the order of the bus an index names the card that the probe means.
      return { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: names, ROCR_VISIBLE_DEVICES: names };
    default:
      return vendor satisfies never;
  }
}
