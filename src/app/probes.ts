/** From the configuration to the probes that read the GPUs of a backend. */
import type { Clock } from '../clock.ts';
import { type BackendConfig, type GpuConfig, type ManagedConfig, ownProcesses } from '../config/config.ts';
import type { GpuProbe } from '../domain/gpu.ts';
import { isLoopback } from '../domain/loopback.ts';
import { createAmdProbe } from '../monitor/amd-probe.ts';
import { createAutoProbe } from '../monitor/auto-probe.ts';
import { combineProbes, type ProbeShare } from '../monitor/combined-probe.ts';
import { createFixedProbe } from '../monitor/fixed-probe.ts';
import { createLocalProbe } from '../monitor/local-probe.ts';
import { createNvidiaProbe } from '../monitor/nvidia-probe.ts';
import { createPrometheusProbe } from '../monitor/prometheus-probe.ts';
import { createVirtualProbe } from '../monitor/virtual-probe.ts';
import { visibleTo } from '../monitor/visible-gpus.ts';

/** The probes of this machine: all backends on it share them, so that each tool runs once for all. */
export interface LocalProbes {
  readonly nvidia: GpuProbe;
  readonly amd: GpuProbe;
}

/**
 * Of a managed backend: what its processes may use. A driver's tool that only they find on their PATH is the one that knows their cards, and
 * cards that the environment hides from them are none of its.
 */
export function managedProbes(
  { env }: Pick<ManagedConfig, 'env'>,
  local: LocalProbes,
  clock: Clock,
): LocalProbes {
  const own = { ...process.env, ...env };
  const nvidia = env.PATH === undefined ? local.nvidia : createNvidiaProbe({ clock, env: own });
  return { nvidia: visibleTo(nvidia, 'nvidia', own), amd: visibleTo(local.amd, 'amd', own) };
}

export function localProbes(clock: Clock): LocalProbes {
  return { nvidia: createNvidiaProbe({ clock }), amd: createAmdProbe({ clock }) };
}

/** What tells of the GPUs of a backend; null where the settings say that it has none. */
export function buildProbe(backend: BackendConfig, local: LocalProbes, clock: Clock): GpuProbe | null {
  const { gpus, url, headers } = backend;
  const ours = ownProcesses(backend);
  const own = ours ? managedProbes(ours, local, clock) : local;
  if (gpus !== 'auto') return namedGpus(backend, gpus, own, clock);
  const probes = isHere(backend) ? [own.nvidia, own.amd] : [];
  if (ours) return createLocalProbe(probes, clock);
  const virtual = createVirtualProbe({ url, headers, clock });
  return createAutoProbe({ url, headers, local: probes, virtual, clock });
}

/** The GPUs of this machine that a backend can use, for as long as it does not answer; null where it is on another one. */
export function probeOfHost(backend: BackendConfig, local: LocalProbes, clock: Clock): GpuProbe | null {
  return isHere(backend) ? createLocalProbe([local.nvidia, local.amd], clock) : null;
}

function isHere(backend: BackendConfig): boolean {
  return ownProcesses(backend) !== null || isLoopback(new URL(backend.url).hostname);
}

function namedGpus(
  { url, headers }: BackendConfig,
  gpus: readonly GpuConfig[],
  local: LocalProbes,
  clock: Clock,
): GpuProbe | null {
  const remote = new Map<string, GpuProbe>();
  const once = (key: string, create: () => GpuProbe) => {
    const probe = remote.get(key) ?? create();
    remote.set(key, probe);
    return probe;
  };
  const shareOf = (gpu: GpuConfig): readonly ProbeShare[] => {
    switch (gpu.probe) {
      case 'nvidia':
      case 'amd':
        return [{ probe: local[gpu.probe], index: gpu.index }];
      case 'prometheus': {
        const lagMs = gpu.intervalMs ?? undefined;
        const create = () => createPrometheusProbe({ url: gpu.url, clock, lagMs });
        return [{ probe: once(`${gpu.url} ${lagMs}`, create), index: gpu.index }];
      }
      case 'virtual':
        return [
          { probe: once('virtual', () => createVirtualProbe({ url, headers, clock })), index: gpu.index },
        ];
      case 'fixed':
        return [{ probe: createFixedProbe({ gpus: [gpu], clock }), index: null }];
      case 'none':
        return [];
      default:
        return gpu satisfies never;
    }
  };
  const shares = gpus.flatMap(shareOf);
  return shares.length === 0 ? null : combineProbes(shares);
}
