/** What a monitor reads of a simulated machine. */
import type { Resident } from '../../domain/backend.ts';
import type { BackendId } from '../../domain/ids.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import { bytesOn, type Loaded, type Machine } from '../machine/machine.ts';
import { CONTEXT_LENGTH } from './known-models.ts';

/**
 * Nothing happens on a simulated machine that the loop does not ask for, so that between the readings it asks for few are enough. Longer
 * than a server's own second: each costs a turn.
 */
export const READING_INTERVAL_MS = 5_000;

const VERSION = '0.33.0';

export interface Held {
  readonly loaded: Loaded;
  readonly pid: number;
}

/** @param ownProcesses whether the server's processes are the backend's own */
export function readMachine(
  backendId: BackendId,
  machine: Machine,
  held: readonly Held[],
  now: number,
  ownProcesses: boolean,
): BackendObservation {
  const gpus = machine.settings.gpuBytes.map((totalBytes, index) => ({
    key: gpuKey(index),
    index,
    name: 'simulated',
    totalBytes,
    usedBytes: machine.usedBytes(index),
    processes: held.flatMap(({ loaded, pid }) => {
      const bytes = bytesOn(loaded.shares, index);
      return bytes > 0 && loaded.status !== 'gone' ? [{ pid, name: loaded.model.name, bytes }] : [];
    }),
    source: 'VIRTUAL' as const,
    sampledAt: now,
  }));
  return {
    backendId,
    startedAt: now,
    at: now,
    health: 'HEALTHY',
    problem: null,
    version: VERSION,
    residents: held.flatMap((one) => (one.loaded.status === 'ready' ? [resident(one, ownProcesses)] : [])),
    host: null,
    ...(ownProcesses && { ownPids: held.map(({ pid }) => pid) }),
    gpus,
    gpuIntervalMs: READING_INTERVAL_MS,
    probeProblem: null,
    models: null,
  };
}

export function gpuKey(index: number): string {
  return `GPU-${index}`;
}

function resident({ loaded, pid }: Held, ownProcesses: boolean): Resident {
  const { name, bytes } = loaded.model;
  const known = {
    modelName: name,
    digest: name,
    weights: name,
    contextLength: CONTEXT_LENGTH,
    sizeBytes: bytes,
    vramBytes: bytes,
    expiresAt: null,
    parallel: null,
  };
  if (!ownProcesses) return { ...known, gpuKeys: null };
  return { ...known, gpuKeys: loaded.shares.map(({ gpu }) => gpuKey(gpu)), pids: [pid] };
}
