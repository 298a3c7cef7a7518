/** Whether a model that somebody asks for can be loaded at all, and what to say where it cannot. */

import { BackendUnavailableError, InsufficientVramError, InvalidInputError } from '../../domain/errors.ts';
import type { BackendId } from '../../domain/ids.ts';
import { greatest, least } from '../../domain/long-lists.ts';
import type { ModelTarget } from '../../domain/memory-operations.ts';
import { queueKey } from '../../domain/queue-key.ts';
import type { ModelResolver } from '../../domain/resolver.ts';
import { formatBytes } from '../../domain/units.ts';
import { asItLoads } from '../decide/as-it-loads.ts';
import { couldFit, fitWithout } from '../decide/fit.ts';
import { hostBytesOf } from '../decide/host.ts';
import { impossibleEverywhere } from '../decide/impossible.ts';
import { emptied, withLoad } from '../decide/planned.ts';
import { type BackendSnapshot, type LoadOption, serves } from '../decide/snapshot.ts';
import { noRoomFor } from '../decide/verdicts.ts';
import { whyNoRoom } from '../explain/why-no-room.ts';
import { loadOption } from '../snapshot/options.ts';
import { snapshotOf } from '../snapshot/snapshot-of.ts';
import type { BackendRecord, SchedulerState } from '../state.ts';

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

/** Its server lists the model, and has not told yet what has to be known to load it. */
export function stillAwaited(model: string, backendName: string): string {
  return `What ${backendName} tells of ${model} is still awaited. Try again in a moment.`;
}

/** What is looked at. */
export interface Grounds {
  readonly state: SchedulerState;
  readonly resolver: Pick<ModelResolver, 'resolve'>;
  readonly now: number;
}

/** Those whose server can be told to load and unload. @throws InvalidInputError when there is none of them */
export function changeable(
  { model, backendId }: ModelTarget,
  options: readonly LoadOption[],
  { backends }: SchedulerState,
): readonly LoadOption[] {
  const placeOf = (option: LoadOption) => backends.get(option.backendId)?.settings;
  const can = options.filter((option) => !placeOf(option)?.capabilities.alwaysResident);
  if (can.length > 0 || options.length === 0) return can;
  const names = options.map((option) => placeOf(option)?.name ?? option.backendId).join(', ');
  const message = `${model} can be neither loaded nor unloaded on ${names}: what is in memory there is decided by whoever runs it.`;
  throw new InvalidInputError([{ path: [backendId === null ? 'model' : 'backendId'], message }]);
}

/**
 * @throws BackendUnavailableError, InsufficientVramError when it fits on no card, or beside what is pinned on none, InvalidInputError when it
 *   is not where it would have to be loaded by somebody else
 */
export function requireRoom(
  { model, backendId }: ModelTarget,
  options: readonly LoadOption[],
  { state, resolver, now }: Grounds,
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
  if (answering.some((option) => isAlwaysThere(option, snapshot.backends))) return;
  const loadable = changeable({ model, backendId }, answering, state);
  const places = loadable.flatMap((option) => {
    const backend = backendOf(option.backendId);
    return backend ? [{ option: asItLoads(option, [backend], now), backend }] : [];
  });
  if (places.some(({ option, backend }) => couldFit(option, backend))) {
    requireRoomBesidePins(model, loadable, snapshot.backends, { state, resolver, now });
    return;
  }
  const never = impossibleEverywhere(loadable, snapshot.backends, now);
  if (never) throw new InsufficientVramError(never.explanation, never.requiredBytes, never.largestBytes);
  const { required, largest, isOfHost } = shortageIn(places, 'capacityBytes', couldFit);
  const giver = isOfHost ? 'the host can give' : 'the largest GPU can give';
  throw new InsufficientVramError(
    `${model} needs ${formatBytes(required)}${isOfHost ? " of the host's memory" : ''}; beside other programs and reservations ${giver} ${formatBytes(largest)} now.`,
    required,
    largest,
  );
}

interface Place {
  readonly option: LoadOption;
  readonly backend: BackendSnapshot;
}

interface Shortage {
  readonly required: number;
  /** What the best place gives. */
  readonly largest: number;
  /** The host's memory is short, and not that of its GPUs. */
  readonly isOfHost: boolean;
}

/** What is missing in places none of which has room: the host's memory, where the GPUs of one would do. */
function shortageIn(
  places: readonly Place[],
  given: 'capacityBytes' | 'freeBytes',
  fits: (option: LoadOption, backend: BackendSnapshot) => boolean,
): Shortage {
  const ofHost = places.flatMap(({ option, backend }) => {
    const { host, gpus } = backend;
    return host !== null && fits(option, { ...backend, host: null })
      ? [{ required: hostBytesOf(option, host.bytesPerInstance, gpus), given: host[given] }]
      : [];
  });
  const isOfHost = ofHost.length > 0;
  const found = isOfHost
    ? ofHost
    : places.map(({ option, backend }) => ({
        required: option.footprintBytes,
        given: greatest(backend.gpus.map((gpu) => gpu[given])),
      }));
  return {
    required: least(found.map(({ required }) => required)),
    largest: Math.max(0, greatest(found.map((one) => one.given))),
    isOfHost,
  };
}

/** In memory on a server that keeps it there. */
function isAlwaysThere(option: LoadOption, backends: readonly BackendSnapshot[]): boolean {
  return backends.some(
    ({ alwaysResident, instances }) =>
      alwaysResident && instances.some((one) => one.status === 'READY' && serves(one, option)),
  );
}

/** Pins do not give way, those that are to be loaded yet included: what does not fit beside them would be waited for until one ends. */
function requireRoomBesidePins(
  model: string,
  options: readonly LoadOption[],
  backends: readonly BackendSnapshot[],
  grounds: Grounds,
): void {
  const pinned = new Set<string>();
  const places: Place[] = [];
  const fits = (option: LoadOption, backend: BackendSnapshot) => fitWithout(option, backend, []) !== null;
  for (const option of options) {
    const backend = backends.find(({ id }) => id === option.backendId);
    if (!backend) continue;
    const alone = withPinsOnly(option, backend, grounds, pinned);
    const place = { option: asItLoads(option, [backend], grounds.now), backend: alone };
    if (fits(place.option, place.backend)) return;
    places.push(place);
  }
  const { required, largest, isOfHost } = shortageIn(places, 'freeBytes', fits);
  throw new InsufficientVramError(
    `${model} needs ${formatBytes(required)}${isOfHost ? " of the host's memory" : ''} and does not fit beside what is pinned (${[...pinned].join(', ')}), which leaves ${formatBytes(largest)}. Unpin one of them, or ask for a smaller context.`,
    required,
    largest,
  );
}

function withPinsOnly(
  { variant: { weights } }: LoadOption,
  backend: BackendSnapshot,
  { state, resolver, now }: Grounds,
  names: Set<string>,
): BackendSnapshot {
  const stays = ({ pinned, variant }: BackendSnapshot['instances'][number]) =>
    pinned && variant.weights !== weights;
  const staying = backend.instances.filter(stays);
  for (const { variant } of staying) names.add(variant.modelName);
  const empty = emptied(
    backend,
    backend.instances.filter((instance) => !stays(instance)),
  );
  return state.wishes.pins.reduce((left, { modelName, backendId }) => {
    const isHere = backendId === null || backendId === backend.id;
    const option = isHere
      ? loadOption(queueKey({ model: modelName, contextLength: null }), backend.id, resolver)
      : null;
    if (!option || option.variant.weights === weights) return left;
    // One that may be anywhere and is somewhere needs nothing more.
    const isThere = [...state.instances.values()].some(
      (one) =>
        one.pinned &&
        (backendId === null || serves(one, option)) &&
        one.variant.weights === option.variant.weights,
    );
    const loaded = asItLoads(option, [backend], now);
    const placement = isThere ? null : fitWithout(loaded, left, []);
    if (!placement) return left;
    names.add(modelName);
    return withLoad(left, { option: loaded, placement });
  }, empty);
}

/** Who is in memory where it could be, and why that does not change, for people. */
export function whatStandsInTheWay(
  options: readonly LoadOption[],
  state: SchedulerState,
  now: number,
): string {
  if (state.paused) return 'The scheduler is paused; resumeScheduler lets it go on.';
  const snapshot = snapshotOf(state, [], [], now);
  const told = options.flatMap((option) => {
    const backend = snapshot.backends.find(({ id }) => id === option.backendId);
    if (!backend) return [];
    if (!backend.available) return [`${backend.name} does not answer.`];
    const loaded = asItLoads(option, [backend], now);
    return [whyNoRoom(noRoomFor(snapshot, loaded, backend, now), now)];
  });
  return told.join(' ');
}
