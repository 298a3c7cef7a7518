/** The GPUs of a backend, looked at through the probes that the server will use. */
import type { Clock } from '../clock.ts';
import type { BackendConfig, GpuConfig } from '../config/config.ts';
import { isLoopback } from '../config/load.ts';
import { messageOf } from '../domain/errors.ts';
import type { GpuProbe, GpuReading } from '../domain/gpu.ts';
import { formatBytes } from '../domain/units.ts';
import { createAmdProbe } from '../monitor/amd-probe.ts';
import { GpuProbeError } from '../monitor/gpu-probe-error.ts';
import { createNvidiaProbe } from '../monitor/nvidia-probe.ts';
import { createPrometheusProbe } from '../monitor/prometheus-probe.ts';
import { createVirtualProbe } from '../monitor/virtual-probe.ts';
import type { Finding } from './finding.ts';

/** @param answers whether an attached backend does */
export async function gpuFindings(
  backend: BackendConfig,
  answers: boolean,
  clock: Clock,
): Promise<readonly Finding[]> {
  if (backend.gpus !== 'auto') {
    const findings: Finding[] = [];
    for (const gpu of backend.gpus) findings.push(...(await findingsOf(gpu, backend, clock)));
    return findings;
  }
  const found = await lookForGpus(backend, answers, clock);
  return found.length > 0 ? found : [NONE_FOUND];
}

const NONE_FOUND: Finding = {
  level: 'warn',
  subject: 'gpu',
  text: 'none found. Without one models are limited by number and RAM. For another kind of GPU give its size: gpus: [{ probe: fixed, total: 24GiB }].',
};

/** As the server looks for them: the first probe that sees one, with what is wrong with those before it. */
async function lookForGpus(
  backend: BackendConfig,
  answers: boolean,
  clock: Clock,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const probe of usualProbes(backend, answers, clock)) {
    const outcome = await read(probe);
    if (!outcome.ok) {
      // That a real Ollama has no virtual GPUs is nothing to repair.
      if (!outcome.noGpu && probe.kind !== 'virtual') findings.push(trouble('warn', outcome.problem));
    } else if (outcome.gpus.length > 0)
      return [...findings, ...outcome.gpus.map(gpuLine), ...beside(outcome)];
  }
  return findings;
}

/** In the order in which the server asks them. */
function usualProbes(backend: BackendConfig, answers: boolean, clock: Clock): readonly GpuProbe[] {
  const local = [nvidiaProbe(backend, clock), createAmdProbe({ clock })];
  if (backend.managed) return local;
  const { url, headers } = backend;
  const virtual = answers ? [createVirtualProbe({ url, headers, clock })] : [];
  return isLoopback(new URL(url).hostname) ? [...virtual, ...local] : virtual;
}

/** A driver's tool that only a managed backend's processes find on their PATH is the one that knows their cards. */
function nvidiaProbe({ managed }: BackendConfig, clock: Clock): GpuProbe {
  return managed?.env.PATH === undefined
    ? createNvidiaProbe({ clock })
    : createNvidiaProbe({ clock, env: { ...process.env, ...managed.env } });
}

async function findingsOf(gpu: GpuConfig, backend: BackendConfig, clock: Clock): Promise<readonly Finding[]> {
  const subject = 'gpu';
  switch (gpu.probe) {
    case 'none':
      return [{ level: 'ok', subject, text: 'none, as the settings say' }];
    case 'fixed':
      return [
        {
          level: 'ok',
          subject,
          text: `GPU ${gpu.index}: ${formatBytes(gpu.totalBytes)}, as the settings say; what other programs use there is not seen`,
        },
      ];
    case 'nvidia':
    case 'amd':
    case 'prometheus':
    case 'virtual': {
      const outcome = await read(probeOf(gpu, backend, clock));
      if (!outcome.ok) return [trouble('fail', outcome.problem)];
      const found = outcome.gpus.filter((reading) => gpu.index === null || reading.index === gpu.index);
      const there = outcome.gpus.map((reading) => reading.index).join(', ');
      const missing = trouble(
        'fail',
        `there is no GPU ${gpu.index}; the ${gpu.probe} probe sees ${there}. Correct the index.`,
      );
      return [...(found.length > 0 ? found.map(gpuLine) : [missing]), ...beside(outcome)];
    }
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
      return nvidiaProbe(backend, clock);
    case 'amd':
      return createAmdProbe({ clock });
    case 'prometheus':
      return createPrometheusProbe({ url: gpu.url, clock });
    case 'virtual':
      return createVirtualProbe({ url: backend.url, headers: backend.headers, clock });
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
