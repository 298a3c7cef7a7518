/**
 * Ollama's crude pre-flight: what it predicts a model to take, which batch it picks, which cards it uses, and
 * whether it evicts first. (`llama-server` regime; the classic one plans whole layouts.)
 */
import { GIB, MIB, type VirtualOllamaSettings } from '../settings.ts';
import { kvCacheBytes } from './architecture.ts';
import { type CatalogModel, supports } from './catalog.ts';
import { CLASSIC_RESERVE_BYTES, instanceBytes } from './footprint.ts';
import type { RunnerOptions } from './options.ts';

/** A card as Ollama believes it to be. */
export interface BelievedGpu {
  readonly index: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface Admission {
  readonly verdict: 'load' | 'evict';
  readonly cards: readonly BelievedGpu[];
  readonly numBatch: number;
  /** Of the card list handed to the engine, when one card was chosen among several. */
  readonly mainGpu: number | undefined;
  readonly predictedBytes: number;
}

/** The part of the believed free memory that a prediction may take. */
const ADMISSIBLE = 0.8;

const sumFree = (cards: readonly BelievedGpu[]) => cards.reduce((sum, card) => sum + card.freeBytes, 0);

/** File size plus a KV cache for all slots; the key/value type, sliding windows and projectors are not looked at. */
export function predictBytes(model: CatalogModel, numCtx: number, parallel: number): number {
  return (
    model.weightsBytes + kvCacheBytes(model.facts, Math.min(numCtx, model.facts.contextLength) * parallel)
  );
}

function surchargeBytes(numBatch: number): number {
  if (numBatch >= 2_048) return 2 * GIB;
  return numBatch >= 1_024 ? 768 * MIB : 0;
}

/** The batch by total context (all slots), lowered until it leaves headroom. */
function automaticBatch(totalContext: number, predictedBytes: number, availableBytes: number): number {
  const headroom = (batch: number) => (batch >= 2_048 ? 0.6 : 0.75);
  const fits = (batch: number) =>
    predictedBytes === 0 ||
    availableBytes === 0 ||
    (predictedBytes <= availableBytes * headroom(batch) &&
      predictedBytes + surchargeBytes(batch) <= availableBytes * ADMISSIBLE);
  if (totalContext > 32_768 && fits(2_048)) return 2_048;
  return totalContext > 4_096 && fits(1_024) ? 1_024 : 512;
}

interface Placement {
  readonly cards: readonly BelievedGpu[];
  readonly mainGpu: number | undefined;
}

/** The one card that fits and has most room, else all of them. `main_gpu` of the request decides by itself. */
function choosePlacement(
  cards: readonly BelievedGpu[],
  predictedBytes: number,
  options: RunnerOptions,
): Placement {
  if (cards.length <= 1 || options.numGpu === 0) return { cards, mainGpu: options.mainGpu };
  if (options.mainGpu !== undefined) {
    const chosen = cards[options.mainGpu];
    return chosen ? { cards: [chosen], mainGpu: 0 } : { cards, mainGpu: options.mainGpu };
  }
  const best = cards
    .filter((card) => predictedBytes <= card.freeBytes * ADMISSIBLE)
    .reduce<BelievedGpu | undefined>((a, b) => (a && a.freeBytes >= b.freeBytes ? a : b), undefined);
  return best ? { cards: [best], mainGpu: 0 } : { cards, mainGpu: undefined };
}

export interface AdmissionQuestion {
  readonly model: CatalogModel;
  readonly options: RunnerOptions;
  readonly numBatchAutomatic: boolean;
  readonly parallel: number;
  readonly cards: readonly BelievedGpu[];
  readonly othersLoaded: boolean;
}

/** Judges a load. With `verdict: 'evict'` nothing has been started. */
export function admit(question: AdmissionQuestion, settings: VirtualOllamaSettings): Admission {
  return settings.regime === 'classic' ? admitClassic(question, settings) : admitNew(question);
}

function admitNew(question: AdmissionQuestion): Admission {
  const { model, options, parallel } = question;
  const completion = supports(model, 'completion');
  const predicted = predictBytes(model, options.numCtx, parallel);
  const { cards, mainGpu } = choosePlacement(question.cards, predicted, options);
  const availableBytes = sumFree(cards);
  const totalContext = Math.min(options.numCtx, model.facts.contextLength) * parallel;
  const numBatch =
    completion && question.numBatchAutomatic
      ? automaticBatch(totalContext, predicted, availableBytes)
      : options.numBatch;
  const predictedBytes = predicted + (completion ? surchargeBytes(numBatch) : 0);
  const partialOnPurpose = options.numGpu > 0 && options.numGpu < model.facts.blockCount + 1;
  const tooBig = predictedBytes > Math.floor(availableBytes * ADMISSIBLE);
  const verdict = question.othersLoaded && !partialOnPurpose && cards.length > 0 && tooBig ? 'evict' : 'load';
  return { verdict, cards, numBatch, mainGpu, predictedBytes };
}

/** The classic layout: a further model must fit wholly, with a reserve on every card. */
function admitClassic(question: AdmissionQuestion, settings: VirtualOllamaSettings): Admission {
  const { model, options, parallel, cards } = question;
  const predictedBytes = instanceBytes(model, options, parallel, settings);
  const roomOf = (card: BelievedGpu) => Math.max(0, card.freeBytes - CLASSIC_RESERVE_BYTES);
  const single = cards.find((card) => predictedBytes <= roomOf(card));
  const room = cards.reduce((sum, card) => sum + roomOf(card), 0);
  const partialOnPurpose = options.numGpu > 0 && options.numGpu < model.facts.blockCount + 1;
  const evict = question.othersLoaded && cards.length > 0 && !partialOnPurpose && predictedBytes > room;
  return {
    verdict: evict ? 'evict' : 'load',
    cards: single ? [single] : cards,
    numBatch: options.numBatch,
    mainGpu: options.mainGpu,
    predictedBytes,
  };
}

/** One step down the automatic contexts, for a load that ran out of memory; undefined at the bottom. */
export function lowerAutomaticContext(numCtx: number): number | undefined {
  if (numCtx > 32_768) return 32_768;
  return numCtx > 4_096 ? 4_096 : undefined;
}
