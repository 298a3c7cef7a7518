/**
 * Takes a reading of a backend into the state, in stages of which none goes back: what was read, who is resident, whose memory has come
 * back, which process holds what, and what is left over that nobody explains.
 */
import type { BackendObservation } from '../../domain/observation.ts';
import type { Effect } from '../events.ts';
import { placeConfigured } from '../reservations/configured.ts';
import { type BackendRecord, type SchedulerState, withBackend } from '../state.ts';
import type { Reduced, World } from '../turn.ts';
import { attribute } from './attribute.ts';
import { cardsRead, withUnexplained } from './cards.ts';
import { confirmFreed } from './freed-memory.ts';
import { forgetAll, reconcile } from './residents.ts';

export function observe(
  before: SchedulerState,
  observation: BackendObservation,
  world: World,
  now: number,
): Reduced {
  const known = before.backends.get(observation.backendId);
  if (!known) return { state: before, effects: [] };
  const read = withReading(before, known, observation);
  if (observation.health === 'UNREACHABLE') return forgetAll(read, known, now);
  const effects: Effect[] = [];
  const { residents } = observation;
  const there = residents ? reconcile(read, observation, residents, world, effects, now) : read;
  const freed = confirmFreed(there, observation, now, effects);
  const showsProcesses = observation.gpus !== null && observation.gpuDetail !== 'memory';
  const booked = showsProcesses ? attribute(freed.state, known, effects) : freed.state;
  const since = observation.gpus ? Number.NEGATIVE_INFINITY : freed.newest;
  return { state: withUnexplained(booked, known, since), effects };
}

/** What the reading says by itself. */
function withReading(
  before: SchedulerState,
  known: BackendRecord,
  observation: BackendObservation,
): SchedulerState {
  const read: BackendRecord = {
    ...known,
    health: observation.health,
    problem: observation.problem ?? observation.probeProblem,
    version: observation.version ?? known.version,
    lastSeenAt: observation.health === 'UNREACHABLE' ? known.lastSeenAt : observation.at,
    residents: observation.residents ?? known.residents,
    ownPids: observation.ownPids ? new Set(observation.ownPids) : known.ownPids,
    host: observation.host ?? known.host,
    gpuIntervalMs: observation.gpuIntervalMs ?? known.gpuIntervalMs,
    gpus: cardsRead(before, known, observation),
  };
  return placeConfigured(withBackend(before, read), read);
}
