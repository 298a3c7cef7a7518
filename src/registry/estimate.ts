/** One figure out of what was predicted and what was measured. */
import { greatest } from '../domain/long-lists.ts';
import { marginToGiveUp } from '../domain/margin.ts';
import { MiB } from '../domain/units.ts';
import type { PredictedFootprint } from './footprint/predict.ts';
import { fitLine } from './learned/line.ts';
import type { LearnedEntry } from './learned/observation.ts';

/** At least so much is added to what nobody has measured: the engine's own buffers differ with its version and with the card. */
const LEAST_MARGIN_BYTES = 256 * MiB;

/**
 * Where a footprint comes from. `MEASURED`: this very variant was loaded under this version of the server. `FITTED`: the line
 * through measurements at other contexts. `PREDICTED`: the formula, raised where a measurement says that it is too low.
 */
export type EstimateSource = 'MEASURED' | 'FITTED' | 'PREDICTED';

export interface FootprintEstimate {
  /** What must be free, with what the driver takes and with the margin. */
  readonly bytes: number;
  readonly measured: boolean;
  readonly source: EstimateSource;
  /** The part of `bytes` that is caution. */
  readonly marginBytes: number;
}

export interface EstimateQuestion {
  readonly contextLength: number;
  readonly slots: number;
  readonly serverVersion: string | null;
  readonly driverBytes: number;
  /** Of this very variant and configuration. */
  readonly exact: LearnedEntry | undefined;
  /** Of the same weights, `exact` among them. */
  readonly siblings: readonly LearnedEntry[];
  predictAt(contextLength: number, slots: number): PredictedFootprint;
}

export function estimateFootprint(question: EstimateQuestion): FootprintEstimate {
  return measured(question) ?? fitted(question) ?? raised(question);
}

/** The most of the newest loads: the server takes a smaller batch, and so less, where others leave little free. */
function measured(question: EstimateQuestion): FootprintEstimate | null {
  const sizes = sizesOf(question.exact, question.serverVersion);
  if (sizes.length === 0) return null;
  const bytes = greatest(sizes) + question.driverBytes;
  return { bytes, measured: true, source: 'MEASURED', marginBytes: 0 };
}

/**
 * bytes = a + b · context · slots, from measurements at two or more contexts. The buffers of the graph go in steps with the batch,
 * so they are taken off before and put on after, as predicted.
 */
function fitted(question: EstimateQuestion): FootprintEstimate | null {
  const buffers = (contextLength: number, slots: number) =>
    question.predictAt(contextLength, slots).computeBytes;
  const points = question.siblings.flatMap((entry) => {
    const x = entry.contextLength * entry.slots;
    return sizesOf(entry, question.serverVersion).map((size) => ({
      x,
      y: size - buffers(entry.contextLength, entry.slots),
    }));
  });
  const line = fitLine(points);
  if (!line) return null;
  const marginBytes = Math.ceil(Math.max(LEAST_MARGIN_BYTES, 2 * line.sigma));
  const { contextLength, slots, driverBytes } = question;
  const size = line.intercept + line.slope * contextLength * slots + buffers(contextLength, slots);
  const bytes = Math.ceil(Math.max(0, size)) + driverBytes + marginBytes;
  return { bytes, measured: false, source: 'FITTED', marginBytes };
}

/**
 * The formula, or what the nearest measurement makes of it where that is more. What another version of the server took counts in
 * this way, too: as a hint, and no reason to expect less.
 */
function raised(question: EstimateQuestion): FootprintEstimate {
  const { contextLength, slots, driverBytes } = question;
  const predicted = question.predictAt(contextLength, slots);
  const near = nearest(question);
  const size = near?.observations.at(-1)?.sizeBytes;
  // What spilled would have taken at least what the server counted of it.
  let bytes = Math.max(withoutMargin(predicted), (question.exact?.misfit?.sizeBytes ?? 0) + driverBytes);
  if (near && size !== undefined) {
    const there = question.predictAt(near.contextLength, near.slots);
    bytes = Math.max(bytes, size + driverBytes + withoutMargin(predicted) - withoutMargin(there));
  }
  const marginBytes = Math.max(LEAST_MARGIN_BYTES, predicted.marginBytes);
  return { bytes: bytes + marginBytes, measured: false, source: 'PREDICTED', marginBytes };
}

function withoutMargin({ totalBytes, marginBytes }: PredictedFootprint): number {
  return totalBytes - marginBytes;
}

/** With as much of its margin as there is room for. */
export function withinRoom(estimate: FootprintEstimate, roomBytes: number): FootprintEstimate {
  const given = marginToGiveUp(estimate.bytes, estimate.marginBytes, roomBytes);
  return { ...estimate, bytes: estimate.bytes - given, marginBytes: estimate.marginBytes - given };
}

function nearest(question: EstimateQuestion): LearnedEntry | undefined {
  const tokens = question.contextLength * question.slots;
  const off = (entry: LearnedEntry) => Math.abs(entry.contextLength * entry.slots - tokens);
  return question.siblings
    .filter((entry) => entry.observations.length > 0)
    .toSorted((a, b) => off(a) - off(b))[0];
}

function sizesOf(entry: LearnedEntry | undefined, serverVersion: string | null): number[] {
  return (entry?.observations ?? [])
    .filter((seen) => serverVersion === null || seen.serverVersion === serverVersion)
    .map((seen) => seen.sizeBytes);
}
