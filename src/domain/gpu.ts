/** GPUs: what a probe reads, and the ledger that says who has which bytes. */
import type { GpuId } from './ids.ts';

export type VramSource =
  /** Read from the driver. */
  | 'DRIVER'
  /** Summed from what the backend says it has loaded. */
  | 'OLLAMA'
  /** Fixed in the configuration. */
  | 'FIXED'
  | 'PROMETHEUS'
  | 'VIRTUAL';

export interface ForeignProcess {
  readonly pid: number;
  readonly name: string | null;
  readonly bytes: number;
  /** What it was started as, where that is known. To compare with and to tell nobody: it may hold secrets. */
  readonly command?: string | null;
}

/** Whether a process is the program that somebody means by `word`: a part of its name or of what it was started as, in any case. */
export function isProgram({ name, command }: ForeignProcess, word: string): boolean {
  const wanted = word.toLowerCase();
  return [name, command].some((text) => text?.toLowerCase().includes(wanted) ?? false);
}

/** What a GPU does, and what that costs; null where its source does not tell. */
export interface GpuActivity {
  /** The part of the time in which it computed, 0 to 1, as its driver counts it. */
  readonly utilization: number | null;
  readonly powerWatts: number | null;
  readonly temperatureCelsius: number | null;
}

export const NO_ACTIVITY: GpuActivity = { utilization: null, powerWatts: null, temperatureCelsius: null };

/** One GPU at one instant. */
export interface GpuReading {
  /** Stable across readings and restarts: the device's UUID, else its index. */
  readonly key: string;
  readonly index: number;
  readonly name: string;
  readonly totalBytes: number;
  /** Null where the source cannot tell: then only what is known to be loaded counts. */
  readonly usedBytes: number | null;
  readonly processes: readonly ForeignProcess[];
  /** Absent: the source tells nothing of it. */
  readonly activity?: GpuActivity;
  readonly source: VramSource;
  /** Epoch milliseconds at which the reading began, or before it where the source lags: what happened later may not be in it. */
  readonly sampledAt: number;
}

/** Of `memory` who uses it may be left out, where asking for that costs. */
export type GpuDetail = 'everything' | 'memory';

/** Reads every GPU of one host. One contract suite holds for every kind. */
export interface GpuProbe {
  readonly kind: 'nvidia' | 'amd' | 'prometheus' | 'fixed' | 'virtual' | 'auto' | 'combined';
  /** How old figures may be that its source gives out as new, in milliseconds; 0 where it measures when it is asked. */
  readonly lagMs: number;
  /** Of the newest reading: which GPUs are there and could not be read, and what to do; null when it was whole. */
  readonly problem: string | null;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Everything, unless less is asked for. Bounded by its own time-out. @throws GpuProbeError with what to do about it */
  read(detail?: GpuDetail): Promise<readonly GpuReading[]>;
}

/** A reading is fresh for so many intervals. */
const FRESH_INTERVALS = 3;

/**
 * Whether a reading is too old to be used as if it were of now: older than three intervals. One from the future is too, as the clock
 * was set back and its age is unknown.
 * @param intervalMs between two readings as planned, the source's lag included
 * @param now epoch milliseconds
 */
export function isStale(reading: Pick<GpuReading, 'sampledAt'>, intervalMs: number, now: number): boolean {
  const ageMs = now - reading.sampledAt;
  return !(ageMs >= 0 && ageMs <= FRESH_INTERVALS * intervalMs);
}

/** What the ledger says of one GPU, in bytes. `total = headroom + reserved + foreign + instances + free - deficit` holds always. */
export interface VramUsage {
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly headroomBytes: number;
  readonly reservedBytes: number;
  readonly foreignBytes: number;
  readonly instanceBytes: number;
  readonly freeBytes: number;
  /** How far the claims exceed the card; 0 when all is well. */
  readonly deficitBytes: number;
  readonly source: VramSource;
  readonly sampledAt: number;
}

/** What the ledger needs to know of an instance on one GPU. */
export interface Holding {
  readonly bytes: number;
  /** `settled` bytes are in every reading; `moving` ones (loading, unloading) may be there in part. */
  readonly state: 'settled' | 'moving';
}

/**
 * Bytes in use that no instance explains. While an instance loads or unloads a reading cannot tell its bytes from a
 * another program's, so the answer stays between what holds if all of it is there already and what holds if none is, as near to the last one as
 * that allows: another program that was there before a load does not vanish behind it.
 */
export function foreignBytes(
  usedBytes: number,
  holdings: readonly Holding[],
  lastForeignBytes: number,
): number {
  const settled = holdings.reduce(
    (sum, holding) => sum + (holding.state === 'settled' ? holding.bytes : 0),
    0,
  );
  const moving = holdings.reduce((sum, holding) => sum + (holding.state === 'moving' ? holding.bytes : 0), 0);
  const most = Math.max(0, usedBytes - settled);
  const least = Math.max(0, usedBytes - settled - moving);
  return Math.min(most, Math.max(least, lastForeignBytes));
}

export function vramUsage(input: {
  readonly reading: GpuReading;
  readonly headroomBytes: number;
  readonly reservedBytes: number;
  readonly foreignBytes: number;
  readonly instanceBytes: number;
}): VramUsage {
  const { reading, headroomBytes, reservedBytes, foreignBytes: foreign, instanceBytes } = input;
  const left = reading.totalBytes - headroomBytes - reservedBytes - foreign - instanceBytes;
  return {
    totalBytes: reading.totalBytes,
    usedBytes: reading.usedBytes ?? foreign + instanceBytes,
    headroomBytes,
    reservedBytes,
    foreignBytes: foreign,
    instanceBytes,
    freeBytes: Math.max(0, left),
    deficitBytes: Math.max(0, -left),
    source: reading.source,
    sampledAt: reading.sampledAt,
  };
}

/** A GPU of a configured backend. */
export interface Gpu {
  readonly id: GpuId;
  readonly key: string;
  readonly index: number;
  readonly name: string;
  readonly usage: VramUsage;
  readonly activity?: GpuActivity;
  readonly foreignProcesses: readonly ForeignProcess[];
}
