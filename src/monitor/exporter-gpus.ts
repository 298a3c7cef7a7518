/** GPUs in the metrics of the exporters that people run beside their model servers. */
import type { ForeignProcess } from '../domain/gpu.ts';
import { MiB } from '../domain/units.ts';
import { GpuProbeError } from './gpu-probe-error.ts';
import type { Sample } from './prometheus-text.ts';

export interface ExportedGpu {
  readonly key: string;
  readonly index: number;
  readonly name: string;
  /** Without the part that the driver reserves. */
  readonly totalBytes: number;
  /** Null when it is not told. */
  readonly usedBytes: number | null;
  readonly processes: readonly ForeignProcess[];
}

export interface Exported {
  readonly gpus: readonly ExportedGpu[];
  /** Of each GPU whose memory is not told: which, and what to do. */
  readonly problems: readonly string[];
  /** How old the exporter's own figures may be, in milliseconds. */
  readonly lagMs: number;
}

/** dcgm-exporter measures by itself this often unless told otherwise (its `--collect-interval`). */
const DCGM_INTERVAL_MS = 30_000;

/**
 * Of dcgm-exporter (github.com/NVIDIA/dcgm-exporter, etc/default-counters.csv) or nvidia_gpu_exporter
 * (github.com/utkuozdemir/nvidia_gpu_exporter, docs/METRICS.md); null when the metrics are of neither.
 * @throws GpuProbeError when the exporter itself cannot read them
 */
export function gpusOf(samples: readonly Sample[]): Exported | null {
  const dcgm = dcgmGpus(samples);
  if (dcgm.length > 0) return { ...sorted(dcgm), lagMs: DCGM_INTERVAL_MS };
  const smi = smiGpus(samples);
  return smi.length > 0 ? { ...sorted(smi), lagMs: 0 } : null;
}

/** One GPU, or what is wrong with it. */
type Found = ExportedGpu | string;

function sorted(found: readonly Found[]): Pick<Exported, 'gpus' | 'problems'> {
  return {
    gpus: found.filter((each) => typeof each !== 'string'),
    problems: found.filter((each) => typeof each === 'string'),
  };
}

interface Memory {
  readonly total: number | undefined;
  readonly used: number | undefined;
  readonly free: number | undefined;
  readonly reserved: number | undefined;
}

/** What the driver reserves is in the total, but neither used nor free since driver 510. */
function sizes(memory: Memory, unit: number): Pick<ExportedGpu, 'totalBytes' | 'usedBytes'> | null {
  const { total, used, free, reserved } = memory;
  const usable = used !== undefined && free !== undefined ? used + free : undefined;
  const known = total === undefined ? usable : total - (reserved ?? 0);
  if (known === undefined || known <= 0) return null;
  const taken = used ?? (free === undefined ? null : known - free);
  return {
    totalBytes: Math.round(known * unit),
    usedBytes: taken === null ? null : Math.round(Math.max(0, taken) * unit),
  };
}

/** In MiB, one series for a GPU, or for each MIG slice of it. DCGM writes figures near 2^63 for "not known". */
function dcgmGpus(samples: readonly Sample[]): readonly Found[] {
  const told = samples.filter(({ name }) => name.startsWith('DCGM_FI_DEV_'));
  const byKey = Map.groupBy(told, ({ labels }) => dcgmKey(labels));
  // The memory of a card that is cut into slices is told of those.
  const sliced = new Set([...byKey.keys()].flatMap((key) => key?.split('/').slice(0, -1) ?? []));
  return [...byKey].flatMap(([key, series]): readonly Found[] => {
    const labels = series[0]?.labels ?? {};
    const value = (name: string) =>
      series.find((sample) => sample.name === `DCGM_FI_DEV_FB_${name}` && sample.value < 2 ** 53)?.value;
    const memory = sizes(
      { total: value('TOTAL'), used: value('USED'), free: value('FREE'), reserved: value('RESERVED') },
      MiB,
    );
    if (key === null || (!memory && sliced.has(key))) return [];
    if (!memory) return [withoutTotal(`GPU ${labels.gpu}`, 'DCGM_FI_DEV_FB_FREE or DCGM_FI_DEV_FB_TOTAL')];
    const { modelName, GPU_I_ID: slice, GPU_I_PROFILE: profile } = labels;
    const name = modelName || `GPU ${labels.gpu}`;
    return [
      {
        key,
        index: Number(labels.gpu ?? 0),
        name: slice ? `${name}, MIG slice ${slice}${profile ? ` (${profile})` : ''}` : name,
        ...memory,
        processes: [],
      },
    ];
  });
}

/** The label of the UUID is `uuid` where the old names are in use. */
function dcgmKey({ UUID, uuid, gpu, GPU_I_ID }: Sample['labels']): string | null {
  const card = UUID || uuid || gpu;
  if (!card || !/^\d*$/.test(gpu ?? '')) return null;
  return GPU_I_ID ? `${card}/${GPU_I_ID}` : card;
}

/** In bytes. The index and the name are labels of a series of its own. */
function smiGpus(samples: readonly Sample[]): readonly Found[] {
  const mine = samples.filter(({ name }) => name.startsWith('nvidia_smi_'));
  const of = (name: string) => mine.filter((sample) => sample.name === `nvidia_smi_${name}`);
  // It goes on to give out the figures of its last good collection.
  if (of('last_collect_success')[0]?.value === 0) {
    throw new GpuProbeError(
      'The exporter could not read its GPUs the last time. Run `nvidia-smi` on its host to see why.',
    );
  }
  return of('gpu_info').flatMap(({ labels }, place): readonly Found[] => {
    const { uuid, name = '', index = '' } = labels;
    if (!uuid) return [];
    const its = (series: string) => of(series).filter((sample) => sample.labels.uuid === uuid);
    const card = { key: uuid, index: /^\d+$/.test(index) ? Number(index) : place, name };
    if (its('mig_mode_current')[0]?.value === 1) return slices(card, its);
    const memory = sizes(memoryOf('memory', its), 1);
    if (!memory) return [withoutTotal(`GPU ${card.index}`, 'nvidia_smi_memory_total_bytes')];
    return [{ ...card, ...memory, processes: processesOf(its('compute_app_used_memory_bytes')) }];
  });
}

type Series = (name: string) => readonly Sample[];

function memoryOf(prefix: string, its: Series): Memory {
  const value = (kind: string) => its(`${prefix}_${kind}_bytes`)[0]?.value;
  return { total: value('total'), used: value('used'), free: value('free'), reserved: value('reserved') };
}

function slices(card: Pick<ExportedGpu, 'key' | 'index' | 'name'>, its: Series): readonly Found[] {
  const ids = its('mig_memory_total_bytes').flatMap(({ labels }) => labels.gpu_instance_id ?? []);
  if (ids.length === 0) {
    return [
      `MIG is on for ${card.name} (GPU ${card.index}), but the exporter does not tell the memory of its slices. Run it with its NVML backend, or set "probe: fixed" with the total of each slice.`,
    ];
  }
  return ids.flatMap((id) => {
    const ofSlice: Series = (name) => its(name).filter(({ labels }) => labels.gpu_instance_id === id);
    const memory = sizes(memoryOf('mig_memory', ofSlice), 1);
    if (!memory) return [];
    return [
      {
        key: `${card.key}/${id}`,
        index: card.index,
        name: `${card.name}, MIG slice ${id}`,
        ...memory,
        processes: processesOf(ofSlice('compute_app_used_memory_bytes')),
      },
    ];
  });
}

function processesOf(series: readonly Sample[]): readonly ForeignProcess[] {
  return series.flatMap(({ labels, value }) => {
    const pid = /^\d+$/.test(labels.pid ?? '') ? Number(labels.pid) : null;
    return pid === null ? [] : [{ pid, name: labels.process_name || null, bytes: value }];
  });
}

function withoutTotal(gpu: string, series: string): string {
  return `The exporter does not tell how much memory ${gpu} has (${series}): it may be lost, or share the host's. Check it on its host and the counters of the exporter, or set "probe: fixed" with a total for it.`;
}
