/** The GPUs of a backend, looked at through the probes that the server will use. */
import { buildProbe, localProbes, probeOfHost } from '../../app/probes.ts';
import type { Clock } from '../../clock.ts';
import { type BackendConfig, type Config, type GpuConfig, ownProcesses } from '../../config/config.ts';
import { messageOf } from '../../domain/errors.ts';
import type { GpuProbe, GpuReading } from '../../domain/gpu.ts';
import { formatBytes } from '../../domain/units.ts';
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

/** As the server looks for them; while its Ollama does not answer, those of its machine. */
async function lookForGpus(backend: BackendConfig, answers: boolean, clock: Clock): Promise<Look> {
  const build = answers || ownProcesses(backend) ? buildProbe : probeOfHost;
  const probe = build(backend, localProbes(clock), clock);
  return probe ? lookThrough(probe, 'warn') : { gpus: [], findings: [] };
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
      const probe = buildProbe({ ...backend, gpus: [gpu] }, localProbes(clock), clock);
      return probe ? lookThrough(probe, 'fail') : { gpus: [], findings: [] };
    }
    default:
      return gpu satisfies never;
  }
}

/** @param level of what keeps the probe from telling anything */
async function lookThrough(probe: GpuProbe, level: Finding['level']): Promise<Look> {
  try {
    await probe.start();
    const gpus = await probe.read();
    const beside = probe.problem === null ? [] : [trouble('warn', probe.problem)];
    return { gpus, findings: [...gpus.map(gpuLine), ...beside] };
  } catch (error) {
    return { gpus: [], findings: [trouble(level, messageOf(error))] };
  } finally {
    await probe.stop();
  }
}

function trouble(level: Finding['level'], text: string): Finding {
  return { level, subject: 'gpu', text };
}

function gpuLine(reading: GpuReading): Finding {
  const used = reading.usedBytes === null ? '' : `, ${formatBytes(reading.usedBytes)} in use`;
  return {
    level: 'ok',
    subject: 'gpu',
    text: `GPU ${reading.index}: ${reading.name}, ${formatBytes(reading.totalBytes)}${used}`,
  };
}
