/** The loop's side of what people want of memory: checks what is asked for, changes the state, remembers what must outlive a restart. */
import type { Clock, Random } from '../../clock.ts';
import { BackendUnavailableError, ModelNotFoundError } from '../../domain/errors.ts';
import type { Gpu } from '../../domain/gpu.ts';
import { newId } from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type {
  MemoryOperations,
  ModelTarget,
  Reservation,
  ReservationId,
  ReserveInput,
} from '../../domain/memory-operations.ts';
import type { ModelNames } from '../../domain/model-names.ts';
import { parseQueueKey, type QueueKey, queueKey, roundContextLength } from '../../domain/queue-key.ts';
import type { ModelResolver } from '../../domain/resolver.ts';
import type { Store } from '../../domain/store.ts';
import { type LoadOption, serves } from '../decide/snapshot.ts';
import { gpusOf } from '../ledger/cards.ts';
import type { SchedulerLoop } from '../loop.ts';
import { chooseGpu, mostRoom } from '../reservations/choose-gpu.ts';
import { loadOption } from '../snapshot/options.ts';
import type { SchedulerState } from '../state.ts';
import {
  backendsOf,
  changeable,
  isUnheard,
  requireHeard,
  requireRoom,
  stillAwaited,
  whatStandsInTheWay,
} from './checks.ts';
import { failedLoads } from './failed-loads.ts';
import { longerKeepAlive } from './keep-alives.ts';
import { RememberedWishes } from './remembered-wishes.ts';
import { StateWaits } from './state-waits.ts';
import type { Pin, ReservationRecord, Wishes } from './wishes.ts';

export interface WishIntakeDependencies {
  readonly loop: SchedulerLoop;
  readonly resolver: ModelResolver;
  readonly names: Pick<ModelNames, 'resolve' | 'suggest'>;
  readonly store: Pick<Store, 'remember' | 'recall' | 'setForwardMs'>;
  readonly clock: Clock;
  readonly random: Random;
}

export class WishIntake implements Omit<MemoryOperations, 'loadModel' | 'pinModel'> {
  readonly #deps: WishIntakeDependencies;
  readonly #waits: StateWaits;
  readonly #remembered: RememberedWishes;

  constructor(deps: WishIntakeDependencies) {
    this.#deps = deps;
    this.#waits = new StateWaits(deps.loop, deps.clock);
    this.#remembered = new RememberedWishes(deps.store);
  }

  /** Answers whoever waits. To be called when nothing is decided any more. */
  stop(): void {
    this.#waits.stop();
  }

  /** Takes up the leases and pins of earlier lives that have not ended. */
  async start(): Promise<void> {
    const now = this.#deps.clock.now();
    for (const reservation of await this.#remembered.reservations(now))
      this.#deps.loop.handle({
        type: 'wish',
        change: { kind: 'reserve', reservation: { ...reservation, ready: false } },
      });
    for (const pin of await this.#remembered.pins(now))
      this.#deps.loop.handle({ type: 'wish', change: { kind: 'pin', pin: { ...pin, askedAt: now } } });
  }

  /** To be called whenever the loop's state has changed: wakes those who wait for something to become true. */
  stateChanged(): void {
    this.#waits.changed();
  }

  reservations(): readonly Reservation[] {
    return [...this.#deps.loop.state.wishes.reservations.values()].map(
      ({ foreignBefore: _, whileProcess: __, ...reservation }) => reservation,
    );
  }

  async reserve(input: ReserveInput): Promise<Reservation> {
    const { clock, random } = this.#deps;
    const offers = this.#gpus().map((gpu) => ({ gpu, mostBytes: mostRoom(gpu, this.#deps.loop.state) }));
    const { id: gpuId, usage } = chooseGpu(input, offers);
    const reservation: ReservationRecord = {
      id: newId('rsv', clock, random),
      owner: input.owner,
      ...(input.client !== undefined && { client: input.client }),
      createdAt: clock.now(),
      gpuId,
      bytes: input.bytes,
      expiresAt: input.leaseMs === null ? null : clock.now() + input.leaseMs,
      kind: 'LEASE',
      whileProcess: null,
      ready: false,
      foreignBefore: usage.foreignBytes,
    };
    this.#deps.loop.handle({ type: 'wish', change: { kind: 'reserve', reservation } });
    await this.#remembered.keepReservation(reservation);
    const kept = this.reservations().find((each) => each.id === reservation.id);
    return kept ?? { ...reservation, ready: false };
  }

  async endReservation(id: ReservationId): Promise<boolean> {
    const reservation = this.#deps.loop.state.wishes.reservations.get(id);
    if (reservation?.kind !== 'LEASE') return false;
    this.#deps.loop.handle({ type: 'wish', change: { kind: 'end-reservation', id } });
    await this.#remembered.dropReservation(id);
    return true;
  }

  /** As the interface's `loadModel`, answering the instance itself. */
  async loadModel(target: ModelTarget & { readonly contextLength: number | null }): Promise<Instance> {
    const { backendId } = target;
    const queue = this.#queue(target.model, target.contextLength);
    this.#checkOptions(target, queue);
    const load = {
      queue,
      backendId,
      why: 'asked for',
      mayEvict: true,
      askedAt: this.#deps.clock.now(),
      lasting: false,
    };
    this.#deps.loop.handle({ type: 'wish', change: { kind: 'load', load } });
    return this.#untilReady(target, queue);
  }

  /** A model to be loaded when memory is free; `lasting` ones again whenever it is. */
  keepWarm(model: string, lasting: boolean): void {
    const load = {
      queue: this.#queue(model, null),
      backendId: null,
      why: lasting ? 'kept warm' : 'warm-up',
      mayEvict: false,
      askedAt: this.#deps.clock.now(),
      lasting,
    };
    this.#deps.loop.handle({ type: 'wish', change: { kind: 'load', load } });
  }

  lengthenKeepAlive(model: string, keepAliveMs: number | null): boolean {
    const { loop, resolver } = this.#deps;
    const queue = this.#queue(model, null);
    let honoured = false;
    for (const { settings } of loop.state.backends.values()) {
      const option = loadOption(queue, settings.id, resolver);
      if (!option) continue;
      const { weights } = option.variant;
      const asked = loop.state.wishes.keepAlives.get(weights)?.keepAliveMs;
      const before = longerKeepAlive(option.keepAliveMs, asked);
      const after = longerKeepAlive(keepAliveMs, before);
      honoured ||= after === keepAliveMs;
      if (after !== before)
        loop.handle({ type: 'wish', change: { kind: 'keep-alive', weights, keepAliveMs } });
    }
    return honoured;
  }

  async unloadModel(target: ModelTarget): Promise<void> {
    const queue = this.#queue(target.model, null);
    const options = changeable(target, this.#options(target, queue), this.#deps.loop.state);
    const { instances } = this.#deps.loop.state;
    // What is loaded after this call is not meant by it: waiting jobs may bring the model back at once.
    const meant = [...instances.values()].filter((instance) =>
      options.some((option) => option.backendId === instance.backendId && isOf(instance, option)),
    );
    for (const { backendId, variant } of options) {
      this.#deps.loop.handle({
        type: 'wish',
        change: { kind: 'forget-load', queue, backendId: target.backendId },
      });
      this.#deps.loop.handle({ type: 'unload-weights', weights: variant.weights, backendId });
    }
    await this.#until(
      (state) => (meant.some(({ id }) => state.instances.has(id)) ? null : true),
      `${target.model} is still in memory`,
      options,
    );
  }

  /** As the interface's `pinModel`, answering the instance itself. */
  async pinModel(target: ModelTarget & { readonly leaseMs: number | null }): Promise<Instance> {
    const queue = this.#queue(target.model, null);
    this.#checkOptions(target, queue);
    const askedAt = this.#deps.clock.now();
    const until = target.leaseMs === null ? null : askedAt + target.leaseMs;
    const pin: Pin = {
      modelName: this.#deps.names.resolve(target.model),
      backendId: target.backendId,
      until,
      askedAt,
    };
    this.#deps.loop.handle({ type: 'wish', change: { kind: 'pin', pin } });
    await this.#remembered.keepPin(pin);
    return this.#untilReady(target, queue);
  }

  async unpinModel(target: ModelTarget): Promise<void> {
    const modelName = this.#deps.names.resolve(target.model);
    const pins = this.#deps.loop.state.wishes.pins.filter((pin) => pin.modelName === modelName);
    // A pin outlives its model, which may have been deleted meanwhile.
    if (pins.length === 0) this.#options(target, this.#queue(target.model, null));
    this.#deps.loop.handle({
      type: 'wish',
      change: { kind: 'unpin', modelName, backendId: target.backendId },
    });
    const gone = pins.filter((pin) => target.backendId === null || pin.backendId === target.backendId);
    await Promise.all(gone.map((pin) => this.#remembered.dropPin(pin)));
  }

  #gpus(): readonly Gpu[] {
    const { state } = this.#deps.loop;
    return [...state.backends.values()].flatMap((backend) => gpusOf(state, backend));
  }

  #queue(model: string, contextLength: number | null): QueueKey {
    return queueKey({
      model: this.#deps.names.resolve(model),
      contextLength: contextLength === null ? null : roundContextLength(contextLength),
    });
  }

  /** @throws ModelNotFoundError when no backend (or not the named one) has the model */
  #options({ model, backendId }: ModelTarget, queue: QueueKey): readonly LoadOption[] {
    const places = backendsOf(this.#deps.loop.state, backendId);
    const options = places.flatMap(
      ({ settings }) => loadOption(queue, settings.id, this.#deps.resolver) ?? [],
    );
    if (options.length > 0) return options;
    const awaited = places.find(({ settings }) => this.#deps.resolver.isAwaited?.(queue, settings.id));
    if (awaited) throw new BackendUnavailableError(stillAwaited(model, awaited.settings.name), backendId);
    const unheard = places.filter(isUnheard).map(({ settings }) => settings.name);
    throw new ModelNotFoundError(model, this.#deps.names.suggest(model), unheard);
  }

  /** @throws ModelNotFoundError, BackendUnavailableError, InsufficientVramError */
  #checkOptions(target: ModelTarget, queue: QueueKey): void {
    const { clock, loop } = this.#deps;
    requireHeard(target, loop.state);
    const { state } = loop;
    requireRoom(target, this.#options(target, queue), {
      state,
      resolver: this.#deps.resolver,
      now: clock.now(),
    });
  }

  /** @throws BackendUnavailableError when its load fails meanwhile (what was asked for stays, and is tried again), or nobody wants it any more */
  #untilReady(target: ModelTarget, queue: QueueKey): Promise<Instance> {
    const failures = () => failedLoads(this.#options(target, queue), this.#deps.loop.state);
    const failuresBefore = failures().count;
    return this.#until(
      (state) => {
        const { count, message, isFinal } = failures();
        if (count > failuresBefore) {
          throw new BackendUnavailableError(
            `${target.model} could not be loaded: ${message}${isFinal ? '' : ' It is tried again.'}`,
            target.backendId,
          );
        }
        for (const option of this.#options(target, queue)) {
          const found = [...state.instances.values()].find(
            (instance) => instance.status === 'READY' && serves(instance, option),
          );
          if (found) return found;
        }
        if (isWanted(state.wishes, target.backendId, queue)) return null;
        throw new BackendUnavailableError(
          `${target.model} is wanted no more: it was unloaded or unpinned meanwhile, or its lease has ended.`,
          target.backendId,
        );
      },
      `${target.model} is not in memory`,
      this.#options(target, queue),
    );
  }

  #until<T>(
    look: (state: SchedulerState) => T | null,
    still: string,
    options: readonly LoadOption[],
  ): Promise<T> {
    const { loop, clock } = this.#deps;
    const why = () => whatStandsInTheWay(options, loop.state, clock.now());
    return this.#waits.until({ look, still, why });
  }
}

function isWanted({ loads, pins }: Wishes, backendId: ModelTarget['backendId'], queue: QueueKey): boolean {
  const { model: modelName } = parseQueueKey(queue);
  return (
    loads.some((load) => load.queue === queue && load.backendId === backendId) ||
    pins.some((pin) => pin.modelName === modelName && pin.backendId === backendId)
  );
}

function isOf({ variant }: Instance, option: LoadOption): boolean {
  return variant.weights === option.variant.weights;
}
