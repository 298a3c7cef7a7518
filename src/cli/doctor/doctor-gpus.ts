/** The GPUs of a backend, looked at through the probes that the server will use. */
import { type LocalProbes, managedProbes } from '../../app/backends.ts';
import type { Clock } from '../../clock.ts';
import type { BackendConfig, Config, GpuConfig } from '../../config/config.ts';
import { messageOf } from '../../domain/errors.ts';
import type { GpuProbe, GpuReading } from '../../domain/gpu.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { formatBytes } from '../../domain/units.ts';
import { createAmdProbe } from '../../monitor/amd-probe.ts';
import { GpuProbeError } from '../../monitor/gpu-probe-error.ts';
import { createNvidiaProbe } from '../../monitor/nvidia-probe.ts';
import { createPrometheusProbe } from '../../monitor/prometheus-probe.ts';
import { createVirtualProbe } from '../../monitor/virtual-probe.ts';
import { roomFindings } from './doctor-room.ts';
import type { Finding } from './finding.ts';

/** @param answers whether an attached backend does */
export async function gpuFindings(
  backend: BackendConfig,
  config: Config,
  answers: boolean,
  clock: Clock,
): Promise<readonly Finding[]> {
  const looks: Look[] = [];
  if (backend.gpus === 'auto') looks.push(await lookForGpus(backend, answers, clock));
  else for (const gpu of backend.gpus) looks.push(await lookAt(gpu, backend, clock));
  const findings = looks.flatMap((each) => each.findings);
  const found = findings.length > 0 ? findings : [NONE_FOUND];
  return [
    ...found,
    ...roomFindings(
      backend,
      config,
      looks.flatMap(({ gpus }) => gpus),
    ),
  ];
}

/** What was read, and what is to be said of it. */
interface Look {
  readonly gpus: readonly Pick<GpuReading, 'index' | 'totalBytes' | 'processes'>[];
  readonly findings: readonly Finding[];
}

const NONE_FOUND: Finding = {
  level: 'warn',
  subject: 'gpu',
  text: 'none found. Without one models are limited by number and RAM. For another kind of GPU give its size: gpus: [{ probe: fixed, total: 24GiB }].',
};

/** As the server looks for them: the first probe that sees one, with what is wrong with those before it. */
async function lookForGpus(backend: BackendConfig, answers: boolean, clock: Clock): Promise<Look> {
  const findings: Finding[] = [];
  for (const probe of usualProbes(backend, answers, clock)) {
    const outcome = await read(probe);
    if (!outcome.ok) {
      // That a real Ollama has no virtual GPUs is nothing to repair.
      if (!outcome.noGpu && probe.kind !== 'virtual') findings.push(trouble('warn', outcome.problem));
    } else if (outcome.gpus.length > 0) {
      const { gpus } = outcome;
      return { gpus, findings: [...findings, ...gpus.map(gpuLine), ...beside(outcome)] };
    }
  }
  return { gpus: [], findings };
}

/** In the order in which the server asks them. */
function usualProbes(backend: BackendConfig, answers: boolean, clock: Clock): readonly GpuProbe[] {
  const { nvidia, amd } = localProbes(backend, clock);
  if (backend.managed) return [nvidia, amd];
  const { url, headers } = backend;
  const virtual = answers ? [createVirtualProbe({ url, headers, clock })] : [];
  return isLoopback(new URL(url).hostname) ? [...virtual, nvidia, amd] : virtual;
}

function localProbes({ managed }: BackendConfig, clock: Clock): LocalProbes {
  const local = { nvidia: createNvidiaProbe({ clock }), amd: createAmdProbe({ clock }) };
  return managed ? managedProbes(managed, local, clock) : local;
}

async function lookAt(gpu: GpuConfig, backend: BackendConfig, clock: Clock): Promise<Look> {
  const subject = 'gpu';
  switch (gpu.probe) {
    case 'none':
      return { gpus: [], findings: [{ level: 'ok', subject, text: 'none, as the settings say' }] };
    case 'fixed': {
      const { index, totalBytes } = gpu;
      const text = `GPU ${index}: ${formatBytes(totalBytes)}, as the settings say; what other programs use there is not seen`;
      return { gpus: [{ index, totalBytes, processes: [] }], findings: [{ level: 'ok', subject, text }] };
    }
    case 'nvidia':
    case 'amd':
    case 'prometheus':
    case 'virtual': {
      const outcome = await read(probeOf(gpu, backend, clock));
      if (!outcome.ok) return { gpus: [], findings: [trouble('fail', outcome.problem)] };
      const gpus = outcome.gpus.filter((reading) => gpu.index === null || reading.index === gpu.index);
      const there = outcome.gpus.map((reading) => reading.index).join(', ');
      const missing = trouble(
        'fail',
        `there is no GPU ${gpu.index}; the ${gpu.probe} probe sees ${there}. Correct the index.`,
      );
      return { gpus, findings: [...(gpus.length > 0 ? gpus.map(gpuLine) : [missing]), ...beside(outcome)] };
    }
    default:
      return gpu satisfies never;
  }
}

function trouble(level: Finding['level'], text: string): Finding {
  return { level, subject: 'gpu', text };
}

/** What is wrong with other GPUs than those that were read. */
function beside({ problem }: Extract<Reading, { ok: true }>): readonly Finding[] {
  return problem === null ? [] : [trouble('warn', problem)];
}

function probeOf(
  gpu: Extract<GpuConfig, { probe: 'nvidia' | 'amd' | 'prometheus' | 'virtual' }>,
  backend: BackendConfig,
  clock: Clock,
): GpuProbe {
  switch (gpu.probe) {
    case 'nvidia':
      return localProbes(backend, clock).nvidia;
    case 'amd':
      return localProbes(backend, clock).amd;
    case 'prometheus':
      return createPrometheusProbe({ url: gpu.url, clock });
    case 'virtual':
      return createVirtualProbe({ url: backend.url, headers: backend.headers, clock });
    default:
      return gpu satisfies never;
  }
}

function gpuLine(reading: GpuReading): Finding {
  const used = reading.usedBytes === null ? '' : `, ${formatBytes(reading.usedBytes)} in use`;
  return {
    level: 'ok',
    subject: 'gpu',
    text: `GPU ${reading.index}: ${reading.name}, ${formatBytes(reading.totalBytes)}${used}`,
  };
}

type Reading =
  | { readonly ok: true; readonly gpus: readonly GpuReading[]; readonly problem: string | null }
  | { readonly ok: false; readonly problem: string; readonly noGpu: boolean };

async function read(probe: GpuProbe): Promise<Reading> {
  try {
    await probe.start();
    const gpus = await probe.read();
    return { ok: true, gpus, problem: probe.problem };
  } catch (error) {
    return {
      ok: false,
      problem: messageOf(error),
      noGpu: error instanceof GpuProbeError && error.noGpu,
    };
  } finally {
    await probe.stop();
  }
}
