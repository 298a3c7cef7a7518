/** One figure out of what was predicted and what was measured. */
import { bytesOnCards, bytesOnOneCard, type CardOverhead } from '../domain/card-overhead.ts';
import { greatest } from '../domain/long-lists.ts';
import { marginToGiveUp } from '../domain/margin.ts';
import { UNTOLD_BUFFER_BYTES } from './footprint/compute-buffers.ts';
import type { PredictedFootprint } from './footprint/predict.ts';
import { linearFit } from './learned/linear-fit.ts';
import type { LearnedEntry, Observation } from './learned/observation.ts';

/**
 * Where a footprint comes from. `MEASURED`: this very variant was loaded under this version of the server. `FITTED`: the line
 * through measurements at other contexts. `PREDICTED`: the formula, raised where a measurement says that it is too low.
 */
export type EstimateSource = 'MEASURED' | 'FITTED' | 'PREDICTED';

export interface FootprintEstimate {
  /** What must be free on one card, with what the driver takes and with the margin. */
  readonly bytes: number;
  /** What of it is on every card where there are several. */
  readonly overhead: CardOverhead;
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
  const { driverBytes } = question;
  const { aloneBytes, splitBytes } = learnedGraph(question);
  const overhead = { aloneBytes: aloneBytes + driverBytes, splitBytes: splitBytes + driverBytes };
  return { ...(measured(question) ?? fitted(question) ?? raised(question)), overhead };
}

type Estimated = Omit<FootprintEstimate, 'overhead'>;

/** What is on every card: as loads on one card and on several differ, else as predicted. */
function learnedGraph(question: EstimateQuestion): CardOverhead {
  const { contextLength, slots, exact, serverVersion } = question;
  const { aloneBytes, splitBytes } = question.predictAt(contextLength, slots).graph;
  const seen = observationsOf(exact, serverVersion);
  const one = greatest(seen.flatMap(({ cards, sizeBytes }) => (cards === 1 ? [sizeBytes] : [])));
  const each = seen.flatMap(({ cards, sizeBytes }) =>
    cards > 1 && Number.isFinite(one) ? [Math.max(0, (sizeBytes - one + aloneBytes) / cards)] : [],
  );
  return { aloneBytes, splitBytes: each.length > 0 ? Math.ceil(greatest(each)) : splitBytes };
}

/** The most of the newest loads: the server takes a smaller batch, and so less, where others leave little free. */
function measured(question: EstimateQuestion): Estimated | null {
  const sizes = sizesOf(question.exact, question, learnedGraph(question));
  if (sizes.length === 0) return null;
  const bytes = greatest(sizes) + question.driverBytes;
  return { bytes, measured: true, source: 'MEASURED', marginBytes: 0 };
}

/**
 * bytes = a + b · context · slots, from measurements at two or more contexts. The buffers of the graph go in steps with the batch,
 * so they are taken off before and put on after, as predicted.
 */
function fitted(question: EstimateQuestion): Estimated | null {
  const buffers = (contextLength: number, slots: number) =>
    question.predictAt(contextLength, slots).computeBytes;
  const points = question.siblings.flatMap((entry) => {
    const x = entry.contextLength * entry.slots;
    return sizesOf(entry, question).map((size) => ({
      x,
      y: size - buffers(entry.contextLength, entry.slots),
    }));
  });
  const fit = linearFit(points);
  if (!fit) return null;
  const marginBytes = Math.ceil(Math.max(UNTOLD_BUFFER_BYTES, 2 * fit.sigma));
  const { contextLength, slots, driverBytes } = question;
  const size = fit.intercept + fit.slope * contextLength * slots + buffers(contextLength, slots);
  const bytes = Math.ceil(Math.max(0, size)) + driverBytes + marginBytes;
  return { bytes, measured: false, source: 'FITTED', marginBytes };
}

/**
 * The formula, or what the nearest measurement makes of it where that is more. What another version of the server took counts in
 * this way, too: as a hint, and no reason to expect less.
 */
function raised(question: EstimateQuestion): Estimated {
  const { contextLength, slots, driverBytes } = question;
  const predicted = question.predictAt(contextLength, slots);
  const near = nearest(question);
  const newest = near?.observations.at(-1);
  const misfit = question.exact?.misfit;
  // What spilled would have taken at least what the server counted of it.
  const spilled = misfit ? bytesOnOneCard(misfit.sizeBytes, predicted.graph, misfit.cards) + driverBytes : 0;
  let bytes = Math.max(withoutMargin(predicted), spilled);
  if (near && newest) {
    const there = question.predictAt(near.contextLength, near.slots);
    const size = bytesOnOneCard(newest.sizeBytes, there.graph, newest.cards);
    bytes = Math.max(bytes, size + driverBytes + withoutMargin(predicted) - withoutMargin(there));
  }
  const marginBytes = Math.max(UNTOLD_BUFFER_BYTES, predicted.marginBytes);
  return { bytes: bytes + marginBytes, measured: false, source: 'PREDICTED', marginBytes };
}

function withoutMargin({ totalBytes, marginBytes }: PredictedFootprint): number {
  return totalBytes - marginBytes;
}

/** With as much of its margin as there is room for on so many cards together. */
export function withinRoom(estimate: FootprintEstimate, roomBytes: number, cards: number): FootprintEstimate {
  const bytes = bytesOnCards(estimate.bytes, estimate.overhead, cards);
  const given = marginToGiveUp(bytes, estimate.marginBytes, roomBytes);
  return { ...estimate, bytes: estimate.bytes - given, marginBytes: estimate.marginBytes - given };
}

function nearest(question: EstimateQuestion): LearnedEntry | undefined {
  const tokens = question.contextLength * question.slots;
  const off = (entry: LearnedEntry) => Math.abs(entry.contextLength * entry.slots - tokens);
  return question.siblings
    .filter((entry) => entry.observations.length > 0)
    .toSorted((a, b) => off(a) - off(b))[0];
}

/** As if each of them had been on one card. */
function sizesOf(
  entry: LearnedEntry | undefined,
  { serverVersion, predictAt }: EstimateQuestion,
  graph?: CardOverhead,
): number[] {
  if (!entry) return [];
  const there = graph ?? predictAt(entry.contextLength, entry.slots).graph;
  return observationsOf(entry, serverVersion).map(({ sizeBytes, cards }) =>
    bytesOnOneCard(sizeBytes, there, cards),
  );
}

function observationsOf(
  entry: LearnedEntry | undefined,
  serverVersion: string | null,
): readonly Observation[] {
  return (entry?.observations ?? []).filter(
    (seen) => serverVersion === null || seen.serverVersion === serverVersion,
  );
}
