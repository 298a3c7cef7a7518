/**
 * Metrics as exporters give them out. dcgm-exporter: an A30 in slices of 1g.6gb (github.com/NVIDIA/dcgm-exporter, issue 317), an A100
 * (the same, and the names in etc/default-counters.csv), H100 in slices beside whole ones (its internal/pkg/transformation tests).
 * nvidia_gpu_exporter: H100 and H200 with MIG, L40S, RTX 2080 SUPER under Windows (github.com/utkuozdemir/nvidia_gpu_exporter,
 * docs/METRICS.md and internal/integration/testdata).
 */
import { MiB } from '../../src/domain/units.ts';

export interface DcgmGpu {
  readonly gpu: number;
  readonly uuid: string;
  readonly model: string;
  readonly slice?: { readonly profile: string; readonly id: number };
  /** MiB. */
  readonly used?: number;
  readonly free?: number;
  readonly reserved?: number;
  readonly total?: number;
}

export function dcgmMetrics(gpus: readonly DcgmGpu[]): string {
  const series = (name: string, help: string, value: (gpu: DcgmGpu) => number | string | undefined) =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...gpus.flatMap((gpu) => {
        const slice = gpu.slice ? `,GPU_I_PROFILE="${gpu.slice.profile}",GPU_I_ID="${gpu.slice.id}"` : '';
        const labels = `gpu="${gpu.gpu}",UUID="${gpu.uuid}",pci_bus_id="00000000:1B:00.0",device="nvidia${gpu.gpu}",modelName="${gpu.model}"${slice},Hostname="gpu-box"`;
        const figure = value(gpu);
        return figure === undefined ? [] : [`${name}{${labels}} ${figure}`];
      }),
    ].join('\n');
  return `${[
    series('DCGM_FI_DEV_SM_CLOCK', 'SM clock frequency (in MHz).', () => 1410),
    series('DCGM_FI_DEV_MEMORY_TEMP', 'Memory temperature (in C).', () => '9223372036854775794'),
    series('DCGM_FI_DEV_FB_FREE', 'Framebuffer memory free (in MiB).', (gpu) => gpu.free),
    series('DCGM_FI_DEV_FB_USED', 'Framebuffer memory used (in MiB).', (gpu) => gpu.used),
    series('DCGM_FI_DEV_FB_RESERVED', 'Framebuffer memory reserved (in MiB).', (gpu) => gpu.reserved),
    series('DCGM_FI_DEV_FB_TOTAL', 'Total framebuffer memory (in MiB).', (gpu) => gpu.total),
  ].join('\n')}\n`;
}

export interface SmiGpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** MiB. */
  readonly total?: number;
  readonly used?: number;
  readonly reserved?: number;
  readonly mig?: boolean;
}

export function smiMetrics(gpus: readonly SmiGpu[], more = ''): string {
  const gauge = (name: string, value: (gpu: SmiGpu) => number | undefined) =>
    gpus.flatMap((gpu) => {
      const figure = value(gpu);
      const written = figure === undefined ? '' : (figure * MiB).toExponential().replace('e+', 'e+0');
      return figure === undefined ? [] : [`nvidia_smi_${name}{uuid="${gpu.uuid}"} ${written}`];
    });
  return [
    "# HELP nvidia_smi_gpu_info A metric with a constant '1' value labeled by gpu uuid, name, driver_model_current.",
    '# TYPE nvidia_smi_gpu_info gauge',
    ...gpus.map(
      ({ index, uuid, name }) =>
        `nvidia_smi_gpu_info{compute_cap="9.0",driver_model_current="[N/A]",driver_version="590.48.01",index="${index}",name="${name}",serial="[N/A]",uuid="${uuid}"} 1`,
    ),
    '# TYPE nvidia_smi_memory_total_bytes gauge',
    ...gauge('memory_total_bytes', (gpu) => gpu.total),
    ...gauge('memory_used_bytes', (gpu) => gpu.used),
    ...gauge('memory_reserved_bytes', (gpu) => gpu.reserved),
    ...gpus.flatMap(({ uuid, mig }) =>
      mig === undefined ? [] : [`nvidia_smi_mig_mode_current{uuid="${uuid}"} ${mig ? 1 : 0}`],
    ),
    'nvidia_smi_failed_scrapes_total 0',
    'go_gc_duration_seconds{quantile="0.25"} 1.9e-05',
    more,
    '',
  ].join('\n');
}
