/**
 * How far the registry's figures are from what models of the virtual catalogue take: before the first load, after it, and at a
 * context that was never loaded once two others were. What is real is the memory model of the virtual Ollama with noise on every
 * size, drawn from a seed: files that differ from what is resident, buffers as unlike the formula as those of published logs,
 * another driver on each host, and loads that are not all the same.
 */

import { ollamaNames } from '../src/backend/ollama/model-names.ts';
import { showFacts } from '../src/backend/ollama/show-facts.ts';
import { showAnswer } from '../src/backend/ollama/wire.ts';
import { type Random, seededRandom, VirtualClock } from '../src/clock.ts';
import { stableId } from '../src/domain/ids.ts';
import type { ModelInfo } from '../src/domain/model.ts';
import { queueKey } from '../src/domain/queue-key.ts';
import type { ResolvedModel } from '../src/domain/resolver.ts';
import { formatBytes, MiB } from '../src/domain/units.ts';
import { shortName } from '../src/ollama-api/model-name.ts';
import type { FootprintEstimate } from '../src/registry/estimate.ts';
import { batchSize } from '../src/registry/footprint/batch.ts';
import { computeBufferBytes, reserveRules } from '../src/registry/footprint/compute-buffers.ts';
import { createRegistry, type Registry } from '../src/registry/registry.ts';
import {
  humanParameterCount,
  modelInfo,
  parameterCount,
  tensorsOf,
} from '../src/virtual-ollama/core/architecture.ts';
import { type CatalogModel, describeModel, manifestBytes } from '../src/virtual-ollama/core/catalog.ts';
import { DEFAULT_CATALOG } from '../src/virtual-ollama/core/default-catalog.ts';
import { instanceBytes } from '../src/virtual-ollama/core/footprint.ts';
import { DEFAULT_SETTINGS } from '../src/virtual-ollama/settings.ts';

const BACKEND = stableId('bkd', 'bench');
const HOSTS = 20;
const SLOTS = [1, 4] as const;
/** Tokens: two that are loaded, and one between and one beyond them that are not. */
const LOADED = [4096, 32_768] as const;
const NEVER_LOADED = [16_384, 65_536] as const;

const CLOSE_PART = 0.1;
const CLOSE_BYTES = 256 * MiB;

/** Standard deviations of resident weights and of one load, as parts of the whole. */
const WEIGHTS_NOISE = 0.02;
const LOAD_NOISE = 0.005;
/** The graph's buffers are so many times the formula's: the spread of published ones, and a little more. */
const BUFFER_FACTORS = [0.75, 1.25] as const;
/** What drivers take for a process. */
const DRIVER_BYTES = [300 * MiB, 600 * MiB] as const;

export interface ErrorFigures {
  readonly samples: number;
  readonly mean: number;
  readonly p95: number;
  readonly worst: number;
  /** The part of samples that are off by at most a tenth, or by at most 256 MiB. */
  readonly close: number;
  /** Bytes by which the figure that was furthest below what is real was below it. */
  readonly worstShortBytes: number;
}

/** What was told without its margin, and what was so. */
interface Sample {
  readonly told: number;
  readonly real: number;
}

export interface PredictionErrors {
  readonly beforeFirstLoad: ErrorFigures;
  readonly afterFirstLoad: ErrorFigures;
  /** At contexts that were never loaded, once two others were. */
  readonly atOtherContexts: ErrorFigures;
}

/** Errors as parts of what is really taken, the driver's part with it. Equal seeds give equal figures. */
export async function predictionErrors(seed: number): Promise<PredictionErrors> {
  const random = seededRandom(seed);
  const before: Sample[] = [];
  const after: Sample[] = [];
  const elsewhere: Sample[] = [];
  for (let host = 0; host < HOSTS; host += 1) {
    for (const slots of SLOTS) {
      const driverBytes = between(random, DRIVER_BYTES);
      const worlds = DEFAULT_CATALOG.map((description) =>
        realModel(
          describeModel(description, 0, (facts) => humanParameterCount(parameterCount(facts))),
          random,
        ),
      );
      const registry = newRegistry(worlds, slots);
      for (const world of worlds) before.push(...eachContext(registry, world, driverBytes));
      for (const world of worlds) {
        await loadOnce(registry, world, driverBytes, random);
        after.push(...eachContext(registry, world, driverBytes));
        elsewhere.push(...otherContexts(registry, world, driverBytes));
      }
    }
  }
  return {
    beforeFirstLoad: figures(before),
    afterFirstLoad: figures(after),
    atOtherContexts: figures(elsewhere),
  };
}

interface World {
  readonly info: ModelInfo;
  /** What the server will report, with all slots; noise of single loads not yet on it. */
  sizeBytes(model: ResolvedModel): number;
}

function realModel(virtual: CatalogModel, random: Random): World {
  const info = infoOf(virtual);
  const weightsFactor = 1 + WEIGHTS_NOISE * gaussian(random);
  const buffersFactor = between(random, BUFFER_FACTORS);
  return {
    info,
    sizeBytes({ variant, config }) {
      const tokens = variant.contextLength * config.parallel;
      const buffers = info.facts
        ? computeBufferBytes(info.facts, {
            tokens,
            parallel: config.parallel,
            batch: batchSize(tokens, variant.contextLength, variant.embedding),
            flashAttention: null,
            embedding: variant.embedding,
            reserve: reserveRules(DEFAULT_SETTINGS.version),
          })
        : 0;
      const settings = { ...DEFAULT_SETTINGS, computeBytes: buffers * buffersFactor };
      const runner = {
        numCtx: variant.contextLength,
        numBatch: 512,
        numGpu: 999,
        mainGpu: undefined,
        useMmap: undefined,
        numThread: 0,
        draftNumPredict: 0,
      };
      const bytes = instanceBytes(virtual, runner, config.parallel, settings);
      return Math.round(bytes + virtual.weightsBytes * (weightsFactor - 1));
    },
  };
}

/** As a backend would tell it. */
function infoOf(virtual: CatalogModel): ModelInfo {
  const name = shortName(virtual.name);
  const shown = showFacts(
    showAnswer.parse({
      model_info: modelInfo(virtual.facts, virtual.quantization, false),
      tensors: tensorsOf(virtual.facts, virtual.quantization),
    }),
  );
  return {
    name,
    digest: virtual.manifestDigest,
    weights: virtual.weightsDigest,
    diskBytes: manifestBytes(virtual),
    family: virtual.facts.architecture,
    parameterSize: virtual.parameterSize,
    quantization: virtual.quantization,
    contextLength: virtual.facts.contextLength,
    defaultContextLength: null,
    capabilities: virtual.capabilities,
    facts: shown.facts,
  };
}

function newRegistry(worlds: readonly World[], slots: number): Registry {
  const registry = createRegistry({
    config: {},
    nameRules: { of: () => ollamaNames, all: [ollamaNames] },
    defaults: {
      rules: () => ({
        contextLength: 4096,
        parallel: slots,
        ownProcess: false,
        mayReduceParallel: false,
        kvCacheType: 'f16',
        flashAttention: null,
      }),
    },
    store: { remember: async () => {}, recall: async () => new Map() },
    clock: new VirtualClock(),
  });
  registry.observe(
    BACKEND,
    worlds.map(({ info }) => info),
    DEFAULT_SETTINGS.version,
  );
  return registry;
}

function resolve(registry: Registry, world: World, contextLength: number): ResolvedModel {
  const resolved = registry.resolve(queueKey({ model: world.info.name, contextLength }), BACKEND);
  if (!resolved) throw new Error(`The registry lacks ${world.info.name}.`);
  return resolved;
}

function eachContext(registry: Registry, world: World, driverBytes: number): Sample[] {
  return LOADED.map((contextLength) => {
    const { told } = toldOf(registry, world, contextLength);
    return { told, real: world.sizeBytes(resolve(registry, world, contextLength)) + driverBytes };
  });
}

/** Without the margin: caution is no error. */
function toldOf(
  registry: Registry,
  world: World,
  contextLength: number,
): { readonly told: number; readonly source: FootprintEstimate['source'] | undefined } {
  const state = registry.model(world.info.name);
  const estimate = state && registry.vramEstimate(state, contextLength);
  return { told: estimate ? estimate.bytes - estimate.marginBytes : Number.NaN, source: estimate?.source };
}

async function loadOnce(
  registry: Registry,
  world: World,
  driverBytes: number,
  random: Random,
): Promise<void> {
  for (const contextLength of LOADED) {
    const model = resolve(registry, world, contextLength);
    const sizeBytes = Math.round(world.sizeBytes(model) * (1 + LOAD_NOISE * gaussian(random)));
    const measured = {
      sizeBytes,
      vramBytes: sizeBytes,
      loadMs: 1_000,
      probedBytes: sizeBytes + Math.round(driverBytes),
    };
    await registry.learnFootprint(model.variant, model.config, DEFAULT_SETTINGS.version, BACKEND, measured);
  }
}

/** Models that were trained for less than these contexts have none that was not loaded. */
function otherContexts(registry: Registry, world: World, driverBytes: number): Sample[] {
  return NEVER_LOADED.flatMap((contextLength) => {
    const { told, source } = toldOf(registry, world, contextLength);
    if (source !== 'FITTED') return [];
    return [{ told, real: world.sizeBytes(resolve(registry, world, contextLength)) + driverBytes }];
  });
}

function figures(samples: readonly Sample[]): ErrorFigures {
  const errors = samples.map(({ told, real }) => Math.abs(told - real) / real).toSorted((a, b) => a - b);
  const close = samples.filter(
    ({ told, real }) => Math.abs(told - real) <= Math.max(real * CLOSE_PART, CLOSE_BYTES),
  );
  return {
    samples: errors.length,
    mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    p95: errors[Math.floor(0.95 * errors.length)] ?? Number.NaN,
    worst: errors.at(-1) ?? Number.NaN,
    close: close.length / samples.length,
    worstShortBytes: Math.max(0, ...samples.map(({ told, real }) => real - told)),
  };
}

function between(random: Random, [least, most]: readonly [number, number]): number {
  return least + (most - least) * random.next();
}

/** Standard normal, by Box and Muller. */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

export async function run(print: (line: string) => void): Promise<void> {
  const errors = await predictionErrors(1);
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`.padStart(7);
  const line = (label: string, found: ErrorFigures) =>
    print(
      `${label.padEnd(44)} mean ${percent(found.mean)}  p95 ${percent(found.p95)}  worst ${percent(found.worst)}  ` +
        `within 10 % or 256 MiB ${percent(found.close)}  most below ${formatBytes(found.worstShortBytes)}  (${found.samples})`,
    );
  print(`Prediction error of VRAM, ${DEFAULT_CATALOG.length} models on ${HOSTS} hosts, noise from seed 1:`);
  line('before the first load', errors.beforeFirstLoad);
  line('after the first load', errors.afterFirstLoad);
  line('at contexts never loaded, from two that were', errors.atOtherContexts);
}
