/** What loads have taken, by variant and set-up: remembered over restarts. */
import type { Clock } from '../../clock.ts';
import type { BackendId } from '../../domain/ids.ts';
import { type InstanceConfig, residencyKey, type Variant } from '../../domain/model.ts';
import type { Store } from '../../domain/store.ts';
import {
  isSpilled,
  type LearnedEntry,
  type LoadMeasurement,
  learnedEntry,
  type Observation,
  type Probed,
} from './observation.ts';

const SPACE = 'footprint';
/** Observations kept of one variant for each number of cards: what a load takes depends on what else was there, so the newest few all count. */
const KEPT_OBSERVATIONS = 5;
/** How much the newest load time counts. */
const NEWEST = 0.4;
/** More than this no driver takes for a process: then something else grew while the model was loaded. */
const MOST_DRIVER_BYTES = 2 ** 30;

export interface Lesson {
  readonly backendId: BackendId;
  readonly variant: Variant;
  readonly config: InstanceConfig;
  readonly diskBytes: number;
  /** Slots that the server took memory for; a configuration can use fewer. */
  readonly slots: number;
  readonly serverVersion: string | null;
  readonly measured: LoadMeasurement;
  /** Whether the file was in the host's page cache. */
  readonly warm: boolean;
}

/** What was measured of instances, by backend, variant and configuration. Survives restarts. */
export class LearnedFootprints {
  readonly #store: Pick<Store, 'remember' | 'recall'>;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, LearnedEntry>();

  constructor(store: Pick<Store, 'remember' | 'recall'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Entries of another version of this program that cannot be read are measured anew. */
  async load(): Promise<void> {
    for (const [key, value] of await this.#store.recall(SPACE)) {
      const parsed = learnedEntry.safeParse(value);
      if (parsed.success) this.#byKey.set(key, parsed.data);
    }
  }

  get(backendId: BackendId, variant: Variant, config: InstanceConfig): LearnedEntry | undefined {
    return this.#byKey.get(keyOf(backendId, variant, config));
  }

  /** The same weights on the same backend with a comparable cache, at whatever contexts and slots. */
  siblings(backendId: BackendId, weights: string, config: InstanceConfig): readonly LearnedEntry[] {
    const setup = setupOf(config);
    return [...this.of(backendId)].filter((entry) => entry.weights === weights && entry.setup === setup);
  }

  /** Everything measured on one backend. */
  *of(backendId: BackendId): Iterable<LearnedEntry> {
    for (const [key, entry] of this.#byKey) if (key.startsWith(`${backendId}|`)) yield entry;
  }

  /** Everything, the file that was read last at the end. */
  all(): readonly (readonly [BackendId, LearnedEntry])[] {
    return [...this.#byKey]
      .map(([key, entry]) => [key.slice(0, key.indexOf('|')) as BackendId, entry] as const)
      .toSorted(([, a], [, b]) => a.readAt - b.readAt);
  }

  /** What the driver takes for a process on this backend's host; null until somebody has looked. */
  driverBytes(backendId: BackendId): number | null {
    const seen = [...this.of(backendId)]
      .flatMap((entry) => entry.observations.flatMap(({ driverBytes }) => driverBytes ?? []))
      .sort((a, b) => a - b);
    return seen[Math.floor(seen.length / 2)] ?? null;
  }

  /** Resolves when it is stored; it counts at once. */
  async learn(lesson: Lesson): Promise<void> {
    const key = keyOf(lesson.backendId, lesson.variant, lesson.config);
    const entry = this.#learned(this.#byKey.get(key), lesson);
    this.#byKey.set(key, entry);
    await this.#store.remember(SPACE, key, entry);
  }

  /** Of the newest load, which was learned before. Resolves when it is stored; it counts at once. */
  async learnProbed(
    backendId: BackendId,
    variant: Variant,
    config: InstanceConfig,
    { probedBytes, cards }: Probed,
  ): Promise<void> {
    const key = keyOf(backendId, variant, config);
    const before = this.#byKey.get(key);
    const newest = before?.observations.at(-1);
    if (!before || !newest) return;
    const { sizeBytes } = newest;
    const driverBytes = driverBytesOf({ vramBytes: sizeBytes, probedBytes, cards });
    const observations = [...before.observations.slice(0, -1), { ...newest, driverBytes, cards }];
    const entry = { ...before, observations };
    this.#byKey.set(key, entry);
    await this.#store.remember(SPACE, key, entry);
  }

  #learned(before: LearnedEntry | undefined, lesson: Lesson): LearnedEntry {
    const { variant, config, measured, serverVersion, warm } = lesson;
    const at = this.#clock.now();
    const base = {
      weights: variant.weights,
      diskBytes: lesson.diskBytes,
      contextLength: variant.contextLength,
      slots: lesson.slots,
      setup: setupOf(config),
      readAt: at,
    };
    const [warmLoadMs, coldLoadMs] = [before?.warmLoadMs ?? null, before?.coldLoadMs ?? null];
    if (isSpilled(measured)) {
      const { sizeBytes, vramBytes } = measured;
      const times = (before?.misfit?.times ?? 0) + 1;
      const misfit = {
        sizeBytes,
        vramBytes,
        roomBytes: measured.roomBytes ?? null,
        cards: measured.cards ?? 1,
        times,
        serverVersion,
        at,
      };
      return { ...base, observations: before?.observations ?? [], misfit, warmLoadMs, coldLoadMs };
    }
    const observation = {
      sizeBytes: measured.sizeBytes,
      driverBytes: driverBytesOf(measured),
      cards: measured.cards ?? 1,
      serverVersion,
      at,
    };
    return {
      ...base,
      observations: withNewest(before?.observations ?? [], observation),
      misfit: null,
      warmLoadMs: warm ? runningMean(warmLoadMs, measured.loadMs) : warmLoadMs,
      coldLoadMs: warm ? coldLoadMs : runningMean(coldLoadMs, measured.loadMs),
    };
  }
}

function runningMean(before: number | null, newest: number): number {
  return before === null ? newest : before + NEWEST * (newest - before);
}

function withNewest(before: readonly Observation[], newest: Observation): Observation[] {
  const alike = before.filter(({ cards }) => cards === newest.cards);
  const kept = alike.slice(-(KEPT_OBSERVATIONS - 1));
  return [...before.filter((one) => one.cards !== newest.cards || kept.includes(one)), newest];
}

function driverBytesOf(
  measured: Pick<LoadMeasurement, 'probedBytes' | 'vramBytes' | 'cards'>,
): number | null {
  if (measured.probedBytes === undefined || measured.vramBytes === 0) return null;
  const bytes = Math.round((measured.probedBytes - measured.vramBytes) / (measured.cards ?? 1));
  return bytes >= 0 && bytes <= MOST_DRIVER_BYTES ? bytes : null;
}

function setupOf(config: InstanceConfig): string {
  return `${config.kvCacheType}${config.flashAttention === false ? '-noflash' : ''}`;
}

function keyOf(backendId: BackendId, variant: Variant, config: InstanceConfig): string {
  return `${backendId}|${residencyKey(variant)}|${config.parallel}x${setupOf(config)}`;
}
