/**
 * What a server that others run takes memory for: OLLAMA_NUM_PARALLEL contexts for each model, in caches of OLLAMA_KV_CACHE_TYPE. Neither is in its
 * API; what its loads really take shows it.
 */
import { greatest, least } from '../../domain/long-lists.ts';
import type { InstanceConfig } from '../../domain/model.ts';
import { UNTOLD_BUFFER_BYTES } from '../footprint/compute-buffers.ts';

export interface ServerShape {
  /** Contexts that memory is taken for. */
  readonly slots: number;
  readonly kvCacheType: InstanceConfig['kvCacheType'];
}

/** One load of a model whose cache grows with the slots. */
export interface ShapeEvidence {
  /** Loads of one model at one context are one witness. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Without what the driver takes. */
  predict(shape: ServerShape): number;
}

/** The usual ones first: where two explain the loads alike, the earlier is believed. */
const SLOTS = [1, 2, 4, 3, 6, 8, 16] as const;
const TYPES = ['f16', 'q8_0', 'q4_0'] as const;
/** One witness may be a model that is predicted badly. */
const FEWEST_WITNESSES = 2;
/** Share of what was measured by which a prediction may be wrong and yet be believed. */
const CLOSE = 0.05;
/** By so much two shapes have to differ for a load to tell them apart. */
const APART = 0.06;

type Said = ServerShape & { readonly kvCacheNamed: boolean };

/**
 * The shape that comes close to every load, where what was said does not and at least two loads tell both apart; else what was said. Of several that
 * explain them alike the most usual one. Slots and caches take more of one model than of another; what all of them take alike is the engine's own.
 */
export function inferShape(said: Said, evidence: readonly ShapeEvidence[]): ServerShape {
  if (isCloseButForBuffers(said, evidence)) return said;
  const types = said.kvCacheNamed ? [said.kvCacheType] : TYPES;
  const shapes = types.flatMap((kvCacheType) => SLOTS.map((slots) => ({ slots, kvCacheType })));
  const possible = shapes
    .map((shape) => ({ shape, off: worst(shape, evidence) }))
    .filter(({ shape, off }) => off <= CLOSE && witnesses(shape, said, evidence) >= FEWEST_WITNESSES);
  const best = least(possible.map(({ off }) => off));
  return possible.find(({ off }) => off <= best + CLOSE / 5)?.shape ?? said;
}

/** Whether some number of bytes, the same for every load, brings them all close. */
function isCloseButForBuffers(shape: ServerShape, evidence: readonly ShapeEvidence[]): boolean {
  const off = evidence.map((one) => ({
    bytes: one.sizeBytes - one.predict(shape),
    tolerance: CLOSE * one.sizeBytes,
  }));
  const lowest = greatest([-UNTOLD_BUFFER_BYTES, ...off.map(({ bytes, tolerance }) => bytes - tolerance)]);
  const highest = least([UNTOLD_BUFFER_BYTES, ...off.map(({ bytes, tolerance }) => bytes + tolerance)]);
  return lowest <= highest;
}

function worst(shape: ServerShape, evidence: readonly ShapeEvidence[]): number {
  return greatest(evidence.map((one) => Math.abs(one.predict(shape) - one.sizeBytes) / one.sizeBytes));
}

/** How many speak for this one and against what was said. */
function witnesses(shape: ServerShape, said: Said, evidence: readonly ShapeEvidence[]): number {
  const telling = evidence.filter(
    (one) => Math.abs(one.predict(shape) - one.predict(said)) >= APART * one.sizeBytes,
  );
  return new Set(telling.map(({ key }) => key)).size;
}
