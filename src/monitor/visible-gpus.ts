/**
 * The cards that the environment leaves to programs started from it. CUDA: indices or (beginnings of) UUIDs, and the first that names
 * none ends the list (CUDA programming guide, "CUDA_VISIBLE_DEVICES"). ROCm: ROCR_VISIBLE_DEVICES chooses first, and HIP_VISIBLE_DEVICES counts
 * among what that left (rocm.docs.amd.com, "GPU isolation techniques").
 */
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const CHAINS = {
  nvidia: [['CUDA_VISIBLE_DEVICES']],
  amd: [['ROCR_VISIBLE_DEVICES'], ['HIP_VISIBLE_DEVICES', 'GPU_DEVICE_ORDINAL', 'CUDA_VISIBLE_DEVICES']],
} as const;

export type Maker = keyof typeof CHAINS;

/** The probe itself where the environment restricts nothing. */
export function visibleTo(probe: GpuProbe, maker: Maker, env: Environment): GpuProbe {
  const lists = CHAINS[maker].flatMap((names) => {
    const list = names.map((name) => env[name]).find((value) => value !== undefined);
    return list === undefined ? [] : [list];
  });
  return lists.length === 0 ? probe : new VisibleProbe(probe, lists);
}

class VisibleProbe implements GpuProbe {
  readonly #probe: GpuProbe;
  readonly #lists: readonly string[];

  constructor(probe: GpuProbe, lists: readonly string[]) {
    this.#probe = probe;
    this.#lists = lists;
  }

  get kind(): GpuProbe['kind'] {
    return this.#probe.kind;
  }

  get lagMs(): number {
    return this.#probe.lagMs;
  }

  get problem(): string | null {
    return this.#probe.problem;
  }

  start(): Promise<void> {
    return this.#probe.start();
  }

  stop(): Promise<void> {
    return this.#probe.stop();
  }

  async read(detail?: GpuDetail): Promise<readonly GpuReading[]> {
    return this.#lists.reduce(visibleIn, await this.#probe.read(detail));
  }
}

/** What a list leaves of some GPUs, in their order: which of them comes first to a program is of no account here. */
export function visibleIn(gpus: readonly GpuReading[], list: string): readonly GpuReading[] {
  const chosen = new Set<GpuReading>();
  for (const name of list.split(',')) {
    const found = named(gpus, name.trim());
    if (found.length === 0) break;
    for (const gpu of found) chosen.add(gpu);
  }
  return gpus.filter((gpu) => chosen.has(gpu));
}

/** One card, or all slices of one; of a slice's own name its card cannot be told, so every slice may be meant. */
function named(gpus: readonly GpuReading[], name: string): readonly GpuReading[] {
  const cards = [...new Set(gpus.map(({ key }) => cardOf(key)))];
  const ofCard = (card: string | undefined) =>
    card === undefined ? [] : gpus.filter(({ key }) => cardOf(key) === card);
  if (/^\d+$/.test(name)) return ofCard(cards[Number(name)]);
  if (/^MIG-/i.test(name)) return gpus.filter(({ key }) => key.includes('/'));
  if (!/^GPU-./i.test(name)) return [];
  const matching = cards.filter((card) => uuidOf(card).startsWith(uuidOf(name)));
  // A beginning that several share names none of them.
  return matching.length === 1 ? ofCard(matching[0]) : [];
}

function cardOf(key: string): string {
  return key.split('/')[0] ?? key;
}

/** `GPU-9246aabb` of ROCm is the driver's `9246aabb`, with or without `0x`. */
function uuidOf(text: string): string {
  return text.toLowerCase().replace(/^gpu-/, '').replace(/^0x/, '');
}
