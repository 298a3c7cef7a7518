import type { Clock } from '../../clock.ts';
import type { BackendId } from '../../domain/ids.ts';
import { type InstanceConfig, residencyKey, type Variant } from '../../domain/model.ts';
import type { Store } from '../../domain/store.ts';
import {
  isSpilled,
  type LearnedEntry,
  type LoadMeasurement,
  learnedEntry,
  type Misfit,
} from './observation.ts';

const SPACE = 'footprint';
/** Observations kept of one variant: what a load takes depends on what else was there, so the newest few all count. */
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

  /** With whatever slots: the newest time that it did not go whole onto the GPUs. */
  misfit(backendId: BackendId, variant: Variant): Misfit | null {
    const prefix = `${backendId}|${residencyKey(variant)}|`;
    let newest: Misfit | null = null;
    for (const [key, { misfit }] of this.#byKey) {
      if (misfit && key.startsWith(prefix) && (!newest || misfit.at > newest.at)) newest = misfit;
    }
    return newest;
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

  /** Of the newest load; nothing where there was none, or where it is more than any driver takes. Resolves when it is stored. */
  async learnDriverBytes(
    backendId: BackendId,
    variant: Variant,
    config: InstanceConfig,
    driverBytes: number,
  ): Promise<void> {
    const key = keyOf(backendId, variant, config);
    const entry = this.#byKey.get(key);
    const newest = entry?.observations.at(-1);
    if (!entry || !newest || driverBytes > MOST_DRIVER_BYTES) return;
    const observations = [...entry.observations.slice(0, -1), { ...newest, driverBytes }];
    const learned = { ...entry, observations };
    this.#byKey.set(key, learned);
    await this.#store.remember(SPACE, key, learned);
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
      const misfit = { sizeBytes, vramBytes, cardBytes: measured.cardBytes ?? null, serverVersion, at };
      return { ...base, observations: before?.observations ?? [], misfit, warmLoadMs, coldLoadMs };
    }
    const observation = {
      sizeBytes: measured.sizeBytes,
      driverBytes: driverBytesOf(measured),
      serverVersion,
      at,
    };
    return {
      ...base,
      observations: [...(before?.observations ?? []), observation].slice(-KEPT_OBSERVATIONS),
      misfit: null,
      warmLoadMs: warm ? runningMean(warmLoadMs, measured.loadMs) : warmLoadMs,
      coldLoadMs: warm ? coldLoadMs : runningMean(coldLoadMs, measured.loadMs),
    };
  }
}

function runningMean(before: number | null, newest: number): number {
  return before === null ? newest : before + NEWEST * (newest - before);
}

function driverBytesOf(measured: LoadMeasurement): number | null {
  if (measured.probedBytes === undefined || measured.vramBytes === 0) return null;
  const bytes = measured.probedBytes - measured.vramBytes;
  return bytes >= 0 && bytes <= MOST_DRIVER_BYTES ? bytes : null;
}

function setupOf(config: InstanceConfig): string {
  return `${config.kvCacheType}${config.flashAttention === false ? '-noflash' : ''}`;
}

function keyOf(backendId: BackendId, variant: Variant, config: InstanceConfig): string {
  return `${backendId}|${residencyKey(variant)}|${config.parallel}x${setupOf(config)}`;
}
