/**
 * What an instance takes before anybody has measured it: weights + attention cache + compute buffers + what the driver takes
 * for a process, and a margin where the model tells too little. Pure functions of what the model tells.
 */
import type { CardOverhead } from '../../domain/card-overhead.ts';
import type { InstanceConfig, ModelInfo } from '../../domain/model.ts';
import { MiB } from '../../domain/units.ts';
import { batchSize } from './batch.ts';
import { computeBufferBytes, reserveRules, splitComputeBufferBytes } from './compute-buffers.ts';
import { familyOf } from './families.ts';
import { kvCacheBytes } from './kv-cache.ts';
import { weightsOnGpuBytes } from './weights.ts';

/**
 * The CUDA context and its libraries: 0.3 to 0.6 GiB a process, which no figure of Ollama's contains and every driver shows.
 * It counts in what must be free before a load, whoever measures.
 */
export const DRIVER_CONTEXT_BYTES = 512 * MiB;

/** Of the file, for a model that tells nothing. */
const MARGIN_WITHOUT_FACTS = 0.3;
/** Of everything, for an architecture whose exceptions nobody has looked at. */
const MARGIN_OF_UNKNOWN_FAMILY = 0.05;
/** The encoder's own buffers for a picture, of which nothing is told. */
const ENCODER_COMPUTE_BYTES = 512 * MiB;
/** On each further card, for a model that tells nothing: the margin is for one. */
const UNKNOWN_GRAPH_BYTES = 512 * MiB;

export interface FootprintQuestion {
  readonly model: Pick<ModelInfo, 'diskBytes' | 'facts' | 'capabilities' | 'vramBytes' | 'launch'>;
  /** Tokens of one slot. */
  readonly contextLength: number;
  readonly config: InstanceConfig;
  readonly embedding: boolean;
  /** Of the server that will run it; null when it is not known. */
  readonly serverVersion: string | null;
  /** Where it is set; else the one that the server will choose. */
  readonly batch?: number;
  /** What the driver was seen to take on that host; the usual where it is not known. */
  readonly driverBytes?: number;
}

export interface PredictedFootprint {
  readonly weightsBytes: number;
  readonly kvBytes: number;
  readonly computeBytes: number;
  /** What of `computeBytes` is on every card, and what it is where there are several. */
  readonly graph: CardOverhead;
  readonly driverBytes: number;
  /** For what the model does not tell. */
  readonly marginBytes: number;
  readonly totalBytes: number;
}

/** Bytes of one instance with every layer on one GPU. Never falls when context or slots grow. */
export function predictFootprint(question: FootprintQuestion): PredictedFootprint {
  const { model, contextLength, config, embedding } = question;
  const driverBytes = question.driverBytes ?? DRIVER_CONTEXT_BYTES;
  if (model.vramBytes !== undefined) {
    return sum({
      // What was said is over all of its cards, and the driver takes its part of each.
      weightsBytes: Math.max(0, model.vramBytes - driverBytes * (model.launch?.gpus?.length ?? 1)),
      kvBytes: 0,
      computeBytes: 0,
      graph: { aloneBytes: 0, splitBytes: 0 },
      driverBytes,
      marginBytes: 0,
    });
  }
  const tokens = contextLength * config.parallel;
  const batch = question.batch ?? batchSize(tokens, contextLength, embedding);
  const shape = { contextLength, parallel: config.parallel, kvCacheType: config.kvCacheType, batch };
  const kvBytes = model.facts && kvCacheBytes(model.facts, shape);
  if (!model.facts || kvBytes === null) {
    const marginBytes = Math.ceil(model.diskBytes * MARGIN_WITHOUT_FACTS);
    const graph = { aloneBytes: 0, splitBytes: UNKNOWN_GRAPH_BYTES };
    return sum({
      weightsBytes: model.diskBytes,
      kvBytes: 0,
      computeBytes: 0,
      graph,
      driverBytes,
      marginBytes,
    });
  }
  const encoderBytes = model.capabilities.includes('vision') ? ENCODER_COMPUTE_BYTES : 0;
  const graphShape = {
    tokens,
    parallel: config.parallel,
    batch,
    flashAttention: config.flashAttention,
    embedding,
    reserve: reserveRules(question.serverVersion),
  };
  const graph = {
    aloneBytes: computeBufferBytes(model.facts, graphShape),
    splitBytes: splitComputeBufferBytes(model.facts, graphShape),
  };
  const weightsBytes = weightsOnGpuBytes(model);
  const computeBytes = graph.aloneBytes + encoderBytes;
  const known = familyOf(model.facts.architecture) !== null;
  const marginBytes = known
    ? 0
    : Math.ceil((weightsBytes + kvBytes + computeBytes) * MARGIN_OF_UNKNOWN_FAMILY);
  return sum({ weightsBytes, kvBytes, computeBytes, graph, driverBytes, marginBytes });
}

function sum(parts: Omit<PredictedFootprint, 'totalBytes'>): PredictedFootprint {
  const { weightsBytes, kvBytes, computeBytes, driverBytes, marginBytes } = parts;
  return { ...parts, totalBytes: weightsBytes + kvBytes + computeBytes + driverBytes + marginBytes };
}
