/** Keeps what was asked of the memory up to date in each turn, and turns it into what could be loaded. */
import { least } from '../../domain/long-lists.ts';
import { covers } from '../../domain/model.ts';
import { queueKey } from '../../domain/queue-key.ts';
import { OVERDUE_MS } from '../decide/constants.ts';
import { serves, type Wish } from '../decide/snapshot.ts';
import { finalHold } from '../loads/holds.ts';
import { loadOption } from '../snapshot/options.ts';
import { type InstanceRecord, instancesOf, type SchedulerState, withInstance } from '../state.ts';
import type { World } from '../turn.ts';
import { longerKeepAlive, presentKeepAlives } from './keep-alives.ts';
import type { LoadWish, Wishes } from './wishes.ts';

/** Ends what has expired, wishes that came true and those that cannot, and marks the instances that are pinned or stay longer. */
export function keepWishes(before: SchedulerState, world: World, now: number): SchedulerState {
  let state = before;
  const { reservations, pins, loads, keepAlives } = before.wishes;
  const left = {
    missing: before.wishes.missing,
    reservations: some(reservations.values(), (one) => isOver(one.expiresAt, now))
      ? new Map([...reservations].filter(([, one]) => !isOver(one.expiresAt, now)))
      : reservations,
    pins: some(pins, (pin) => isOver(pin.until, now)) ? pins.filter((pin) => !isOver(pin.until, now)) : pins,
    loads: some(loads, (load) => isOverWith(state, load, world, now))
      ? loads.filter((load) => !isOverWith(state, load, world, now))
      : loads,
    keepAlives: presentKeepAlives(keepAlives, before.instances),
  };
  const changed =
    left.reservations !== reservations ||
    left.pins !== pins ||
    left.loads !== loads ||
    left.keepAlives !== keepAlives;
  if (changed) state = { ...state, wishes: left };
  for (const instance of state.instances.values()) {
    const pinned =
      !isSuperseded(state, instance) &&
      left.pins.some(
        (pin) =>
          (pin.backendId === null || pin.backendId === instance.backendId) &&
          world.resolve(queueKey({ model: pin.modelName, contextLength: null }), instance.backendId)?.variant
            .weights === instance.variant.weights,
      );
    const asked = left.keepAlives.get(instance.variant.weights)?.keepAliveMs;
    const keepAliveMs = longerKeepAlive(instance.keepAliveMs, asked);
    if (pinned !== instance.pinned || keepAliveMs !== instance.keepAliveMs)
      state = withInstance(state, { ...instance, pinned, keepAliveMs });
  }
  return state;
}

/** Another instance of the same weights there has a larger context: that one serves all of its jobs. */
function isSuperseded(state: SchedulerState, { id, backendId, variant }: InstanceRecord): boolean {
  return instancesOf(state, backendId).some(
    (other) =>
      other.id !== id &&
      other.status === 'READY' &&
      covers(other.variant, variant) &&
      other.variant.contextLength > variant.contextLength,
  );
}

function some<T>(items: Iterable<T>, test: (item: T) => boolean): boolean {
  for (const item of items) if (test(item)) return true;
  return false;
}

function isOver(until: number | null, now: number): boolean {
  return until !== null && until <= now;
}

function isOverWith(state: SchedulerState, wish: LoadWish, world: World, now: number): boolean {
  return !wish.lasting && (isFulfilled(state, wish, world) || isInVain(state, wish, world, now));
}

/** Wherever it could be loaded, that was tried and failed for good. */
function isInVain(state: SchedulerState, { queue, backendId }: LoadWish, world: World, now: number): boolean {
  const options = [...state.backends.values()].flatMap(({ settings, loadHolds }) => {
    const option =
      backendId === null || backendId === settings.id ? loadOption(queue, settings.id, world) : null;
    return option ? [finalHold(loadHolds, option.variant.weights, now)] : [];
  });
  return options.length > 0 && !options.includes(null);
}

function isFulfilled(state: SchedulerState, wish: LoadWish, world: World): boolean {
  return [...state.instances.values()].some((instance) => {
    if (instance.status !== 'READY' || (wish.backendId !== null && wish.backendId !== instance.backendId))
      return false;
    const option = loadOption(wish.queue, instance.backendId, world);
    return option !== null && serves(instance, option);
  });
}

/** When the next lease or pin ends, epoch milliseconds. */
export function nextExpiry({ reservations, pins }: Wishes): number {
  const times = [...[...reservations.values()].map((one) => one.expiresAt), ...pins.map((pin) => pin.until)];
  return least(times.filter((time) => time !== null));
}

/** Everything that is to be resident, pins first. */
export function wantedModels({ pins, loads }: Wishes): readonly LoadWish[] {
  const pinned = pins.map(({ modelName, backendId, askedAt }): LoadWish => {
    return {
      queue: queueKey({ model: modelName, contextLength: null }),
      backendId,
      why: 'pinned',
      mayEvict: true,
      askedAt,
      lasting: true,
    };
  });
  return [...pinned, ...loads];
}

/** Wishes and pins as what could be loaded for them; a wish that one instance fulfils already asks for nothing more. */
export function wishesOf(state: SchedulerState, world: World): readonly Wish[] {
  return wantedModels(state.wishes).flatMap(({ queue, backendId, why, mayEvict, askedAt }) => {
    // Who asks for a model waits no longer for it than an urgent job would.
    const overdueAt = mayEvict ? askedAt + OVERDUE_MS.HIGH : Number.POSITIVE_INFINITY;
    const backendIds = backendId === null ? [...state.backends.keys()] : [backendId];
    const options = backendIds.flatMap((id) => loadOption(queue, id, world) ?? []);
    const served = options.some((option) =>
      [...state.instances.values()].some(
        (instance) =>
          (instance.status === 'READY' || instance.status === 'LOADING') && serves(instance, option),
      ),
    );
    return served ? [] : options.slice(0, 1).map((option) => ({ option, why, mayEvict, overdueAt }));
  });
}
