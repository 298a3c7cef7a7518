/** Would these models fit into GPU memory together, and where? Bin packing over what the GPUs can hold of models. */
import { bytesOnCards, type CardOverhead, NO_OVERHEAD } from '../domain/card-overhead.ts';
import type { BackendId } from '../domain/ids.ts';
import { bytesOn, type Footprint } from '../domain/instance.ts';
import { least } from '../domain/long-lists.ts';
import { type Card, placeSplit } from '../scheduler/decide/placement.ts';

/** A card whose `freeBytes` are what models may take of it, whether or not instances that can be unloaded hold it now. */
export interface BudgetGpu extends Card {
  readonly backendId: BackendId;
  /** Its server cuts a model over all of its cards, or not at all. */
  readonly oneInstancePerWeights: boolean;
}

export interface BudgetModel {
  readonly modelName: string;
  /** Models with equal weights share an instance, so that they are counted once. */
  readonly weights: string;
  /** Null when too little is known of the model. */
  readonly footprintBytes: number | null;
  /** What of it is on every GPU where it lies on several. Absent: none. */
  readonly overhead?: CardOverhead;
  readonly measured: boolean;
  /** Where it could be loaded. */
  readonly backendIds: readonly BackendId[];
  /** Where it is and stays, as it is pinned, or its server keeps it; on none of these GPUs when empty. Null when it may be anywhere. */
  readonly fixed: Footprint | null;
}

export interface BudgetLine {
  readonly modelName: string;
  readonly footprintBytes: number | null;
  readonly measured: boolean;
  /** Whether it fits beside the others. */
  readonly fits: boolean;
  /** Empty when it does not fit, and when it takes none of these GPUs. On several GPUs each has the most that it can get of the model, with what it takes besides. */
  readonly placement: Footprint;
}

export interface MemoryBudget {
  /** Every model has a place. */
  readonly fits: boolean;
  /** False when there were too many ways to try them all: another may hold more, or cut fewer models into parts. */
  readonly exact: boolean;
  readonly capacityBytes: number;
  /** Of all models whose footprint is known, equal weights once. */
  readonly requiredBytes: number;
  readonly lines: readonly BudgetLine[];
}

/** A few milliseconds of work. */
const MOST_WAYS = 100_000;

/** Goes whole onto a GPU, or in parts over GPUs of a backend, where it takes `bytes` at least. */
type Spot =
  | { readonly kind: 'whole'; readonly gpu: number; readonly backend: number; readonly bytes: number }
  | { readonly kind: 'spread'; readonly backend: number; readonly bytes: number };

interface Item {
  readonly weights: string;
  readonly bytes: number;
  readonly overhead: CardOverhead;
  readonly spots: readonly Spot[];
}

/** A place for each item, in the order of the items; null where it got none. */
type Plan = readonly (Spot | null)[];

/**
 * By first-fit decreasing, and where that leaves a model without a place of its own, by trying every way unless they are too many.
 * Of all ways the one counts that places most models, then most bytes, then fewest in parts. What is in parts comes last, largest first, and
 * has to fit as the scheduler cuts it (`placeSplit`): a budget that holds is one that will be loaded.
 */
export function memoryBudget(models: readonly BudgetModel[], gpus: readonly BudgetGpu[]): MemoryBudget {
  const unique = [...new Map(models.toReversed().map((model) => [model.weights, model])).values()];
  const room = new Room(gpus);
  for (const part of unique.flatMap((model) => model.fixed ?? [])) room.takeFixed(part);
  const items = unique
    .flatMap((model) => itemsOf(model, gpus, room))
    .sort((a, b) => b.bytes - a.bytes || (a.weights < b.weights ? -1 : 1));
  const quick = withoutMisfits(items, firstFit(items, room.copy()), room, gpus);
  const all = quick.every((spot) => spot?.kind === 'whole');
  const ways = items.reduce((product, item) => product * (item.spots.length + 1), 1);
  const exact = all || ways <= MOST_WAYS;
  const plan = all || !exact ? quick : new Search(items, room, gpus, quick).best();
  const placements = placementsOf(items, plan, room, gpus);
  const lines = models.map(({ modelName, weights, footprintBytes, measured, fixed }) => {
    const placement = fixed ?? placements.get(weights) ?? [];
    return { modelName, footprintBytes, measured, fits: fixed !== null || placement.length > 0, placement };
  });
  return {
    fits: lines.every((line) => line.fits),
    exact,
    capacityBytes: gpus.reduce((sum, gpu) => sum + gpu.freeBytes, 0),
    requiredBytes: unique.reduce((sum, model) => sum + (model.footprintBytes ?? 0), 0),
    lines,
  };
}

function itemsOf(model: BudgetModel, gpus: readonly BudgetGpu[], room: Room): Item[] {
  const { weights, footprintBytes, fixed, backendIds, overhead = NO_OVERHEAD } = model;
  if (fixed || footprintBytes === null) return [];
  const whole = gpus.flatMap((gpu, i): Spot[] =>
    backendIds.includes(gpu.backendId)
      ? [{ kind: 'whole', gpu: i, backend: room.backendOf(gpu.backendId), bytes: footprintBytes }]
      : [],
  );
  const spread = room.backends.flatMap((backendId, backend): Spot[] => {
    const own = gpus.filter((gpu) => gpu.backendId === backendId);
    const fewest = own[0]?.oneInstancePerWeights ? own.length : 2;
    const bytes = least([fewest, own.length].map((cards) => bytesOnCards(footprintBytes, overhead, cards)));
    return own.length > 1 && backendIds.includes(backendId) ? [{ kind: 'spread', backend, bytes }] : [];
  });
  return [{ weights, bytes: footprintBytes, overhead, spots: [...whole, ...spread] }];
}

/**
 * What is left. A model in parts takes from its backend as a whole: how it is cut depends on what the others leave, so that at first only
 * the backend's sum limits it.
 */
class Room {
  readonly backends: readonly BackendId[];
  readonly #gpus: readonly BudgetGpu[];
  readonly #ofGpu: number[];
  readonly #ofBackend: number[];

  constructor(gpus: readonly BudgetGpu[], from?: Room) {
    this.#gpus = gpus;
    this.backends = [...new Set(gpus.map((gpu) => gpu.backendId))];
    this.#ofGpu = from ? [...from.#ofGpu] : gpus.map((gpu) => gpu.freeBytes);
    this.#ofBackend = from
      ? [...from.#ofBackend]
      : this.backends.map((id) =>
          gpus.reduce((sum, gpu) => sum + (gpu.backendId === id ? gpu.freeBytes : 0), 0),
        );
  }

  copy(): Room {
    return new Room(this.#gpus, this);
  }

  backendOf(id: BackendId): number {
    return this.backends.indexOf(id);
  }

  ofGpu(gpu: number): number {
    return Math.max(0, this.#ofGpu[gpu] ?? 0);
  }

  /** A pin holds its memory even where the rest has claimed more than there is. */
  takeFixed({ gpuId, bytes }: Footprint[number]): void {
    const gpu = this.#gpus.findIndex((each) => each.id === gpuId);
    const owner = this.#gpus[gpu];
    if (!owner) return;
    const taken = Math.min(bytes, this.ofGpu(gpu));
    this.take({ kind: 'whole', gpu, backend: this.backendOf(owner.backendId), bytes: taken });
  }

  holds(spot: Spot): boolean {
    if ((this.#ofBackend[spot.backend] ?? 0) < spot.bytes) return false;
    return spot.kind === 'spread' || (this.#ofGpu[spot.gpu] ?? 0) >= spot.bytes;
  }

  take(spot: Spot): void {
    this.#change(spot, -spot.bytes);
  }

  giveBack(spot: Spot): void {
    this.#change(spot, spot.bytes);
  }

  #change(spot: Spot, bytes: number): void {
    this.#ofBackend[spot.backend] = (this.#ofBackend[spot.backend] ?? 0) + bytes;
    if (spot.kind === 'whole') this.#ofGpu[spot.gpu] = (this.#ofGpu[spot.gpu] ?? 0) + bytes;
  }
}

function firstFit(items: readonly Item[], room: Room): Plan {
  return items.map(({ spots }) => {
    const spot = spots.find((each) => room.holds(each)) ?? null;
    if (spot) room.take(spot);
    return spot;
  });
}

interface Score {
  readonly placed: number;
  readonly bytes: number;
  readonly parted: number;
}

class Search {
  readonly #items: readonly Item[];
  readonly #given: Room;
  readonly #room: Room;
  readonly #gpus: readonly BudgetGpu[];
  #best: Plan;
  #bestScore: Score;

  constructor(items: readonly Item[], room: Room, gpus: readonly BudgetGpu[], start: Plan) {
    this.#items = items;
    this.#given = room;
    this.#room = room.copy();
    this.#gpus = gpus;
    this.#best = start;
    this.#bestScore = scoreOf(items, start);
  }

  best(): Plan {
    this.#extend([]);
    return this.#best;
  }

  #extend(plan: Plan): void {
    const item = this.#items[plan.length];
    if (!item) {
      // To be cut makes no plan better.
      if (!isBetter(scoreOf(this.#items, plan), this.#bestScore)) return;
      const held = withoutMisfits(this.#items, plan, this.#given, this.#gpus);
      const score = scoreOf(this.#items, held);
      if (isBetter(score, this.#bestScore)) [this.#best, this.#bestScore] = [held, score];
      return;
    }
    const placed = plan.filter((spot) => spot !== null).length;
    if (placed + this.#items.length - plan.length < this.#bestScore.placed) return;
    for (const spot of item.spots) {
      if (!this.#room.holds(spot)) continue;
      this.#room.take(spot);
      this.#extend([...plan, spot]);
      this.#room.giveBack(spot);
    }
    this.#extend([...plan, null]);
  }
}

function scoreOf(items: readonly Item[], plan: Plan): Score {
  return {
    placed: plan.filter((spot) => spot !== null).length,
    bytes: items.reduce((sum, item, i) => sum + (plan[i] ? item.bytes : 0), 0),
    parted: plan.filter((spot) => spot?.kind === 'spread').length,
  };
}

function isBetter(a: Score, b: Score): boolean {
  return (a.placed - b.placed || a.bytes - b.bytes || b.parted - a.parted) > 0;
}

function inOrder(placement: Footprint, gpus: readonly BudgetGpu[]): Footprint {
  return gpus.flatMap(({ id }) => placement.filter(({ gpuId }) => gpuId === id));
}

/** The plan without the models that cannot be cut to what the others leave. */
function withoutMisfits(items: readonly Item[], plan: Plan, room: Room, gpus: readonly BudgetGpu[]): Plan {
  if (plan.every((spot) => spot?.kind !== 'spread')) return plan;
  const placed = placementsOf(items, plan, room, gpus);
  return plan.map((spot, i) => (placed.has(items[i]?.weights ?? '') ? spot : null));
}

/** By weights; those that cannot be cut to what is left are not in it. */
function placementsOf(
  items: readonly Item[],
  plan: Plan,
  room: Room,
  gpus: readonly BudgetGpu[],
): ReadonlyMap<string, Footprint> {
  const placements = new Map<string, Footprint>();
  const left = gpus.map((_gpu, i) => room.ofGpu(i));
  const put = ({ weights }: Item, placement: Footprint) => {
    placements.set(weights, placement);
    for (const [i, { id }] of gpus.entries()) left[i] = (left[i] ?? 0) - bytesOn(id, placement);
  };
  for (const [i, item] of items.entries()) {
    const spot = plan[i];
    const gpu = spot?.kind === 'whole' ? gpus[spot.gpu] : undefined;
    if (gpu) put(item, [{ gpuId: gpu.id, bytes: item.bytes }]);
  }
  for (const [i, item] of items.entries()) {
    const spot = plan[i];
    if (spot?.kind !== 'spread') continue;
    const cards = gpus
      .map((gpu, at) => ({ ...gpu, freeBytes: left[at] ?? 0 }))
      .filter(({ backendId }) => room.backendOf(backendId) === spot.backend);
    const [first] = cards;
    const load = { footprintBytes: item.bytes, overhead: item.overhead };
    const placement = first ? placeSplit(load, cards, first) : null;
    if (placement) put(item, inOrder(placement, gpus));
  }
  return placements;
}
