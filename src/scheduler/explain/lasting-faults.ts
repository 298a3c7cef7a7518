/** What has been wrong for long enough to tell a person, with what to do about it. */
import { nothingLeft } from '../../domain/card-room.ts';
import type { LastingFault, Trouble } from '../../domain/system.ts';
import { formatDuration } from '../../domain/units.ts';
import { isProven, shortfallUntil } from '../decide/shortfall.ts';
import { alwaysReserved } from '../reservations/use.ts';
import { type BackendRecord, type InstanceRecord, instancesOf, type SchedulerState } from '../state.ts';

/** A claim or a result that could not be stored may have met a busy disk. */
const STORE_PATIENCE_MS = 5_000;
/** Unloads take a second or two, on a server that stalls over them five or fifteen. */
const UNLOAD_PATIENCE_MS = 30_000;
const LEAST_LOAD_PATIENCE_MS = 60_000;
const LOAD_PATIENCE_FACTOR = 3;
/** One load may fail by chance. */
const TELLING_FAILURES = 2;
/** Who still wants the model has begun to load it again within so long after it could; otherwise the failures are of the past. */
const NEXT_LOAD_MS = 120_000;

/** @param troubles what is still tried although it failed the last time */
export function lastingFaults(
  state: SchedulerState,
  troubles: readonly Trouble[],
  now: number,
): readonly LastingFault[] {
  const backends = [...state.backends.values()];
  return [
    ...storeFaults(troubles, now),
    ...backends.flatMap((backend) => {
      const instances = instancesOf(state, backend.settings.id);
      return [
        ...instances.flatMap((instance) => stuckUnload(instance, backend, troubles, now)),
        ...instances.flatMap((instance) => slowLoad(instance, backend, now)),
        ...failingLoads(backend, now),
        ...withoutRoom(state, backend),
      ];
    }),
  ];
}

function storeFaults(troubles: readonly Trouble[], now: number): readonly LastingFault[] {
  const about = { backendId: null, weights: null } as const;
  return troubles.flatMap(({ kind, since, message }): LastingFault[] => {
    const lastsMs = now - since;
    if (lastsMs < STORE_PATIENCE_MS || kind === 'UNLOAD') return [];
    const so = `for ${formatDuration(lastsMs)} (${message})`;
    const help = 'Look whether the disk of dataDir is full or broken; it is tried again until it works.';
    return kind === 'CLAIM'
      ? [{ kind: 'CLAIMS_FAIL', message: `No job could be taken from the queue ${so}. ${help}`, ...about }]
      : [{ kind: 'RESULTS_NOT_STORED', message: `Results could not be stored ${so}. ${help}`, ...about }];
  });
}

function stuckUnload(
  { id, status, variant, unloadStartedAt, unloadedAt, nameless }: InstanceRecord,
  { settings }: BackendRecord,
  troubles: readonly Trouble[],
  now: number,
): readonly LastingFault[] {
  if (status !== 'UNLOADING' || unloadStartedAt === null || unloadedAt !== null) return [];
  const lastsMs = now - unloadStartedAt;
  if (lastsMs < UNLOAD_PATIENCE_MS) return [];
  const trouble = troubles.find(({ kind, instanceId }) => kind === 'UNLOAD' && instanceId === id);
  const said = trouble ? ` ${trouble.message}` : '';
  const help = settings.capabilities.startsProcesses
    ? 'Its process does not end: look at the GPU driver, and restart the host if nothing else helps.'
    : nameless
      ? `It goes when a load needs its memory, or when that Ollama is restarted.`
      : `End what uses it there, say \`ollama stop ${variant.modelName}\` on its host, or restart that Ollama.`;
  return [
    {
      kind: 'UNLOAD_STUCK',
      message: `${variant.modelName} was told ${formatDuration(lastsMs)} ago to leave ${settings.name} and is still there, so its memory cannot be used.${said} ${help}`,
      backendId: settings.id,
      weights: variant.weights,
    },
  ];
}

function slowLoad(
  { status, variant, loadStartedAt, expectedLoadMs }: InstanceRecord,
  { settings }: BackendRecord,
  now: number,
): readonly LastingFault[] {
  const lastsMs = now - loadStartedAt;
  const patienceMs = Math.max(LEAST_LOAD_PATIENCE_MS, LOAD_PATIENCE_FACTOR * expectedLoadMs);
  if (status !== 'LOADING' || lastsMs < patienceMs) return [];
  return [
    {
      kind: 'LOAD_SLOW',
      message: `${variant.modelName} has been loading on ${settings.name} for ${formatDuration(lastsMs)}, and should take ${formatDuration(expectedLoadMs)}. Look at the disk of its models and at the log of its server; it is given up when it shows no sign of progress (loadStallTimeout).`,
      backendId: settings.id,
      weights: variant.weights,
    },
  ];
}

function failingLoads(
  { settings, loadHolds, shortfalls }: BackendRecord,
  now: number,
): readonly LastingFault[] {
  const held = [...loadHolds].map(([weights, hold]) => ({ ...hold, weights }));
  const short = shortfalls.map((one) => {
    const { weights, modelName, times, message } = one;
    const until = shortfallUntil(one);
    return { weights, modelName, failures: times, message, until, isFinal: isProven(one) };
  });
  return [...held, ...short]
    .filter(({ failures, isFinal }) => isFinal || failures >= TELLING_FAILURES)
    .filter(({ until }) => now < until + NEXT_LOAD_MS)
    .map(({ weights, modelName, failures, message, isFinal }) => {
      const where = `failed on ${settings.name}`;
      const what =
        failures === 1
          ? `A load of ${modelName} ${where}:`
          : `${failures} loads of ${modelName} in a row ${where}, the last one so:`;
      const then = isFinal ? 'Jobs that wait for it end.' : 'It is tried again; the jobs of the model wait.';
      return { kind: 'LOADS_FAIL', message: `${what} ${message} ${then}`, backendId: settings.id, weights };
    });
}

function withoutRoom(state: SchedulerState, { settings, gpus }: BackendRecord): readonly LastingFault[] {
  return (gpus ?? []).flatMap(({ id, reading }): LastingFault[] => {
    const said = nothingLeft(reading, settings.headroomBytes + alwaysReserved(state, id));
    if (said === null) return [];
    const message = `${settings.name}: ${said}`;
    return [{ kind: 'NO_ROOM_FOR_MODELS', message, backendId: settings.id, weights: null }];
  });
}
