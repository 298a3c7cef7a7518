/** What keeps jobs from running as they should, and what to do about it. */
import type { BackendState, InstanceState, LastingFault, SystemView } from '../domain/system.ts';
import { formatBytes } from '../domain/units.ts';
import { backendsOf } from './lookup.ts';

export type HealthStatus = 'HEALTHY' | 'DEGRADED' | 'STALLED';

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

/** One thing to look at: the message where it is not well, else null. */
interface Check<Code extends string, Subject extends readonly unknown[]> {
  readonly code: Code;
  problem(...subject: Subject): string | null;
}

function check<Code extends string, Subject extends readonly unknown[]>(
  code: Code,
  problem: (...subject: Subject) => string | null,
): Check<Code, Subject> {
  return { code, problem };
}

/** Of the whole. */
const SYSTEM_CHECKS = [
  check('SCHEDULER_PAUSED', ({ paused }: SystemView) =>
    paused ? 'The scheduler is paused, so no job is started. Call resumeScheduler to go on.' : null,
  ),
  check('STORE_UNWRITABLE', ({ storeProblem }: SystemView) => storeProblem),
  check('STRAY_OLLAMA', ({ strayServer }: SystemView) => strayServer?.problem ?? null),
  check('NO_BACKEND', (system: SystemView) =>
    backendsOf(system).length === 0
      ? 'No backend is configured, so no job can run. Name one with --backend URL or in the configuration.'
      : null,
  ),
] as const;

/** Of each backend. */
const BACKEND_CHECKS = [
  check('BACKEND_UNREACHABLE', (backend: BackendState) =>
    backend.health === 'UNREACHABLE' ? saidOf(backend) : null,
  ),
  check('BACKEND_DEGRADED', (backend: BackendState) =>
    backend.health === 'DEGRADED' ? saidOf(backend) : null,
  ),
  check('VRAM_OVERDRAWN', ({ gpus, name, usage }: BackendState) =>
    usage.deficitBytes > 0
      ? `On ${name}, ${formatBytes(usage.deficitBytes)} more GPU memory is claimed than there is. ${
          gpus.some((gpu) => gpu.usage.headroomBytes + gpu.usage.reservedBytes > gpu.usage.totalBytes)
            ? 'Headroom and reservations alone are larger than a card: make them smaller.'
            : 'End the other programs that hold it, or lower the headroom.'
        }`
      : null,
  ),
] as const;

/** Of each instance. */
const INSTANCE_CHECKS = [
  check('MODEL_SPILLED', ({ spilled, partialOffload, variant }: InstanceState, { name }: BackendState) =>
    spilled && !partialOffload
      ? `${variant.modelName} on ${name} is partly on the CPU and therefore slow. ` +
        'Free GPU memory, or give it a smaller contextLength.'
      : null,
  ),
] as const;

export type HealthProblemCode =
  | (typeof SYSTEM_CHECKS | typeof BACKEND_CHECKS | typeof INSTANCE_CHECKS)[number]['code']
  | LastingFault['kind'];

export function healthOf(system: SystemView): Health {
  const backends = backendsOf(system);
  const problems = [
    ...found(SYSTEM_CHECKS, null, system),
    ...system.lastingFaults().map(({ kind, message, backendId }) => ({
      code: kind,
      message,
      backend: backends.find(({ id }) => id === backendId) ?? null,
    })),
    ...backends.flatMap((backend) => [
      ...found(BACKEND_CHECKS, backend, backend),
      ...backend.instances.flatMap((instance) => found(INSTANCE_CHECKS, backend, instance, backend)),
    ]),
  ];
  const served = backends.some((backend) => backend.health !== 'UNREACHABLE');
  const stalled = system.paused || !served;
  return { backends, problems, status: stalled ? 'STALLED' : problems.length > 0 ? 'DEGRADED' : 'HEALTHY' };
}

function found<Subject extends readonly unknown[]>(
  checks: readonly Check<HealthProblemCode, Subject>[],
  backend: BackendState | null,
  ...subject: Subject
): readonly HealthProblem[] {
  return checks.flatMap(({ code, problem }) => {
    const message = problem(...subject);
    return message === null ? [] : [{ code, message, backend }];
  });
}

function saidOf({ problem, name, url, health }: BackendState): string {
  return problem ?? `${name} at ${url} is ${health.toLowerCase()}.`;
}
