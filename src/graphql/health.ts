/** What keeps jobs from running as they should, and what to do about it. */
import type { BackendState, SystemView } from '../domain/system.ts';
import { formatBytes } from '../domain/units.ts';
import { backendsOf } from './lookup.ts';

export type HealthStatus = 'HEALTHY' | 'DEGRADED' | 'STALLED';

export type HealthProblemCode =
  | 'BACKEND_DEGRADED'
  | 'BACKEND_UNREACHABLE'
  | 'MODEL_SPILLED'
  | 'NO_BACKEND'
  | 'SCHEDULER_PAUSED'
  | 'STRAY_OLLAMA'
  | 'VRAM_OVERDRAWN';

export interface HealthProblem {
  readonly code: HealthProblemCode;
  readonly message: string;
  readonly backend: BackendState | null;
}

export interface Health {
  readonly status: HealthStatus;
  readonly problems: readonly HealthProblem[];
  readonly backends: readonly BackendState[];
}

export function healthOf(system: SystemView): Health {
  const backends = backendsOf(system);
  const problems = [...schedulerProblems(system), ...backends.flatMap(backendProblems)];
  const served = backends.some((backend) => backend.health !== 'UNREACHABLE');
  const stalled = system.paused || !served;
  return { backends, problems, status: stalled ? 'STALLED' : problems.length > 0 ? 'DEGRADED' : 'HEALTHY' };
}

function schedulerProblems(system: SystemView): readonly HealthProblem[] {
  const problems: HealthProblem[] = [];
  if (system.paused) {
    problems.push({
      code: 'SCHEDULER_PAUSED',
      message: 'The scheduler is paused, so no job is started. Call resumeScheduler to go on.',
      backend: null,
    });
  }
  if (system.strayServer) {
    problems.push({ code: 'STRAY_OLLAMA', message: system.strayServer.problem, backend: null });
  }
  if (backendsOf(system).length === 0) {
    problems.push({
      code: 'NO_BACKEND',
      message:
        'No backend is configured, so no job can run. Name one with --backend URL or in the configuration.',
      backend: null,
    });
  }
  return problems;
}

function backendProblems(backend: BackendState): readonly HealthProblem[] {
  const problems: HealthProblem[] = [];
  if (backend.health !== 'HEALTHY') {
    problems.push({
      code: backend.health === 'UNREACHABLE' ? 'BACKEND_UNREACHABLE' : 'BACKEND_DEGRADED',
      message: backend.problem ?? `${backend.name} at ${backend.url} is ${backend.health.toLowerCase()}.`,
      backend,
    });
  }
  if (backend.usage.deficitBytes > 0) {
    problems.push({
      code: 'VRAM_OVERDRAWN',
      message:
        `On ${backend.name}, ${formatBytes(backend.usage.deficitBytes)} more GPU memory is claimed than there is. ` +
        'End the other programs that hold it, or lower the headroom.',
      backend,
    });
  }
  for (const instance of backend.instances.filter((one) => one.spilled && !one.partialOffload)) {
    problems.push({
      code: 'MODEL_SPILLED',
      message:
        `${instance.variant.modelName} on ${backend.name} is partly on the CPU and therefore slow. ` +
        'Free GPU memory, or give it a smaller contextLength.',
      backend,
    });
  }
  return problems;
}
