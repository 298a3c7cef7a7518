/** Whether a model that somebody asks for can be loaded at all, and what to say where it cannot. */
import { BackendUnavailableError, InsufficientVramError } from '../domain/errors.ts';
import type { BackendId } from '../domain/ids.ts';
import type { ModelTarget } from '../domain/steering.ts';
import { formatBytes } from '../domain/units.ts';
import { asItLoads } from './decide/as-it-loads.ts';
import { couldFit } from './decide/fit.ts';
import type { LoadOption } from './decide/snapshot.ts';
import { snapshotOf } from './snapshot-of.ts';
import type { BackendRecord, SchedulerState } from './state.ts';

/** The one of that id; for null all. */
export function backendsOf({ backends }: SchedulerState, id: BackendId | null): readonly BackendRecord[] {
  return [...backends.values()].filter(({ settings }) => id === null || settings.id === id);
}

/** Whether what it has cannot be told. */
export function isUnheard({ health }: BackendRecord): boolean {
  return health === 'UNREACHABLE';
}

/** @throws BackendUnavailableError when none of the backends in question answers: whether they have the model nobody knows */
export function requireHeard({ model, backendId }: ModelTarget, state: SchedulerState): void {
  const places = backendsOf(state, backendId);
  if (places.length === 0 || !places.every(isUnheard)) return;
  const said = places.map(
    ({ settings, problem }) => `${settings.name} does not answer${problem === null ? '.' : `: ${problem}`}`,
  );
  throw new BackendUnavailableError(`${said.join(' ')} ${model} can be loaded when it is back.`, backendId);
}

/** @throws BackendUnavailableError, InsufficientVramError */
export function requireRoom(
  { model, backendId }: ModelTarget,
  options: readonly LoadOption[],
  state: SchedulerState,
  now: number,
): void {
  const snapshot = snapshotOf(state, [], [], now);
  const backendOf = (id: BackendId) => snapshot.backends.find((backend) => backend.id === id);
  const answering = options.filter((option) => backendOf(option.backendId)?.available);
  if (answering.length === 0) {
    const names = options.map((option) => backendOf(option.backendId)?.name ?? option.backendId).join(', ');
    throw new BackendUnavailableError(
      `${names} does not answer. Start it, or wait until it is back.`,
      backendId,
    );
  }
  const fits = answering.some((option) => {
    const backend = backendOf(option.backendId);
    return backend !== undefined && couldFit(asItLoads(option, [backend], now), backend);
  });
  if (fits) return;
  const required = Math.min(...answering.map((option) => option.footprintBytes));
  const largest = Math.max(
    0,
    ...answering.flatMap((option) => backendOf(option.backendId)?.gpus.map((gpu) => gpu.capacityBytes) ?? []),
  );
  throw new InsufficientVramError(
    `${model} needs ${formatBytes(required)}; the largest GPU can give ${formatBytes(largest)}.`,
    required,
    largest,
  );
}
