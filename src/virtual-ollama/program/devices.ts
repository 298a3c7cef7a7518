import { humanBytes } from '../core/system-memory.ts';
import type { GpuState } from '../gpu-memory.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A card as a library shows it to Ollama. */
export interface Device {
  /** Of the folder's cards. */
  readonly gpu: number;
  readonly library: 'CUDA' | 'Vulkan';
  /** Among the devices of its library. */
  readonly index: number;
}

/** `OLLAMA_LLM_LIBRARY` names one of these; any other name leaves the CPU, without a word. */
const LIBRARY_NAME = { CUDA: 'cuda_v13', Vulkan: 'vulkan' } as const;

/** A variable of Go's `strconv.ParseBool`; anything else that is set counts as true. */
export function isSwitchedOn(value: string | undefined, otherwise: boolean): boolean {
  const text = value?.trim() ?? '';
  if (text === '') return otherwise;
  return !/^(0|f|false)$/i.test(text);
}

/** `CUDA_VISIBLE_DEVICES`: indices, or beginnings of UUIDs; the first that is neither ends the list. */
function cudaVisible(gpus: readonly GpuState[], visible: string | undefined): readonly number[] {
  if (visible === undefined) return gpus.map((gpu) => gpu.index);
  const chosen: number[] = [];
  for (const entry of visible.split(',').map((part) => part.trim())) {
    const gpu = /^\d+$/.test(entry)
      ? gpus[Number(entry)]
      : gpus.find(({ uuid }) => entry.startsWith('GPU-') && uuid.startsWith(entry));
    if (!gpu || chosen.includes(gpu.index)) break;
    chosen.push(gpu.index);
  }
  return chosen;
}

/** `GGML_VK_VISIBLE_DEVICES`: indices; others are passed over, so that `-1` hides all. */
function vulkanVisible(gpus: readonly GpuState[], visible: string | undefined): readonly number[] {
  if (visible === undefined) return gpus.map((gpu) => gpu.index);
  return visible.split(',').flatMap((entry) => {
    const gpu = /^\d+$/.test(entry.trim()) ? gpus[Number(entry)] : undefined;
    return gpu ? [gpu.index] : [];
  });
}

/**
 * The cards that a server with this environment finds. Every card is there for CUDA and for Vulkan; Ollama takes a card that both show from
 * CUDA. So a card that is hidden from CUDA alone comes back by Vulkan.
 */
export function devicesOf(gpus: readonly GpuState[], environment: Environment): readonly Device[] {
  const library = environment.OLLAMA_LLM_LIBRARY?.trim() ?? '';
  const wanted = (name: string) => library === '' || library === name;
  const cuda = wanted(LIBRARY_NAME.CUDA) ? cudaVisible(gpus, environment.CUDA_VISIBLE_DEVICES) : [];
  const vulkan =
    wanted(LIBRARY_NAME.Vulkan) && isSwitchedOn(environment.OLLAMA_VULKAN, true)
      ? vulkanVisible(gpus, environment.GGML_VK_VISIBLE_DEVICES)
      : [];
  return [
    ...cuda.map((gpu, index) => ({ gpu, library: 'CUDA', index }) as const),
    ...vulkan
      .map((gpu, index) => ({ gpu, library: 'Vulkan', index }) as const)
      .filter(({ gpu }) => !cuda.includes(gpu)),
  ];
}

/** The rest of an `inference compute` line. */
export function deviceLine(device: Device, gpus: readonly GpuState[]): string {
  const gpu = gpus[device.gpu];
  const { library, index } = device;
  const cuda = library === 'CUDA';
  const id = cuda ? gpu?.uuid : String(index);
  const bus = `0000:${(device.gpu + 1).toString(16).padStart(2, '0')}:00.0`;
  return (
    `id=${id} filter_id=${cuda ? '""' : index} library=${library} compute=${cuda ? '8.9' : '0.0'} name=${library}${index} ` +
    `description=${JSON.stringify(gpu?.name ?? '')} libdirs=ollama,${LIBRARY_NAME[library]} driver=${cuda ? '13.0' : '0.0'} ` +
    `pci_id=${bus} type=discrete total=${JSON.stringify(humanBytes(gpu?.totalBytes ?? 0))} ` +
    `available=${JSON.stringify(humanBytes(gpu?.freeBytes ?? 0))}`
  );
}

export function cpuLine(totalBytes: number, freeBytes: number): string {
  return (
    'id=cpu library=cpu compute="" name=cpu description=cpu libdirs=ollama driver="" pci_id="" type="" ' +
    `total=${JSON.stringify(humanBytes(totalBytes))} available=${JSON.stringify(humanBytes(freeBytes))}`
  );
}
