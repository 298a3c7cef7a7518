/** Which cards a cell may see, and whether it saw those. */
import { AMD, NVIDIA, namedGpus, nameOf, type PlannedGpu } from '../cells/gpu-names.ts';

/**
 * The variables that show these cards to the engine and hide all others. Vulkan sees every card whatever the other variables say, so
 * it is switched off by each of its names.
 * @throws BackendError for a card that none of these variables can name
 */
export function deviceVariables(gpus: readonly PlannedGpu[]): Readonly<Record<string, string>> {
  const noVulkan = { OLLAMA_VULKAN: '0', GGML_VK_VISIBLE_DEVICES: '-1' };
  if (gpus.length === 0) return { ...noVulkan, CUDA_VISIBLE_DEVICES: '-1', ROCR_VISIBLE_DEVICES: '-1' };
  const { vendor, names } = namedGpus(gpus);
  switch (vendor) {
    case 'nvidia':
      return { ...noVulkan, CUDA_VISIBLE_DEVICES: names, ROCR_VISIBLE_DEVICES: '-1' };
    case 'amd':
      return { ...noVulkan, CUDA_VISIBLE_DEVICES: '-1', ROCR_VISIBLE_DEVICES: names };
    case 'any':
      // An index alone does not tell whose card it is; in the order of the bus it names the card that the probe means.
      return {
        ...noVulkan,
        CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
        CUDA_VISIBLE_DEVICES: names,
        ROCR_VISIBLE_DEVICES: names,
      };
    default:
      return vendor satisfies never;
  }
}

/** A line of the log in which Ollama says what it will compute on. */
const LINE = /msg="inference compute" (?<fields>.*)$/;

export interface SeenDevice {
  readonly id: string;
  readonly library: string;
}

/** The devices of these lines, in their order; what is said again counts once. */
function seenDevices(lines: readonly string[]): readonly SeenDevice[] {
  const seen = new Map<string, SeenDevice>();
  for (const line of lines) {
    const fields = LINE.exec(line)?.groups?.fields;
    if (fields === undefined) continue;
    const id = field(fields, 'id');
    const library = field(fields, 'library');
    seen.set(`${id} ${library}`, { id, library });
  }
  return [...seen.values()];
}

/** Why this cell may not be used for the planned cards; null when it may. */
export function deviceMismatch(gpus: readonly PlannedGpu[], lines: readonly string[]): string | null {
  const seen = seenDevices(lines);
  const cards = seen.filter(({ library }) => library.toLowerCase() !== 'cpu');
  const said = cards.map(({ id, library }) => `${id} (${library})`).join(', ') || 'no GPU';
  if (seen.length === 0 && gpus.length > 0) return 'its log does not tell on which devices it computes';
  if (cards.length !== gpus.length) return `it sees ${said}`;
  // Newer versions name cards by an index of what they were shown; where they give a UUID it must be one that was planned.
  const names = new Set(gpus.flatMap((gpu) => [gpu.key, nameOf(gpu)]));
  const seesForeign = cards.some(({ id }) => NVIDIA.test(id) && !names.has(id));
  const otherLibrary =
    gpus.some(({ key }) => NVIDIA.test(key) || AMD.test(key)) &&
    cards.some(({ library }) => library.toLowerCase() === 'vulkan');
  return seesForeign || otherLibrary ? `it sees ${said}` : null;
}

function field(fields: string, name: string): string {
  const match = new RegExp(`(?:^| )${name}=(?:"([^"]*)"|(\\S*))`).exec(fields);
  return match?.[1] ?? match?.[2] ?? '';
}
