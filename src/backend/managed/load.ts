/** Loads a model into an empty cell. */
import { type Clock, sleep } from '../../clock.ts';
import type { LoadSpec, Resident } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { RunnerOptions, Variant } from '../../domain/model.ts';
import { findEngine } from '../cells/engine.ts';
import { asLoadFailure, emptyCall } from '../ollama/load.ts';
import { ollamaNames } from '../ollama/model-names.ts';
import { residents } from '../ollama/server.ts';
import { requireWhole } from '../ollama/spill.ts';
import { emptyAnswer } from '../ollama/wire.ts';
import { quotedLine } from '../supervisor/index.ts';
import { type Manifest, weightFiles } from './manifest.ts';
import type { OllamaCell, OllamaOccupant } from './ollama-cell.ts';

/** Ollama's own smallest; it would take a larger one by what is free at the moment, and the footprint would differ from load to load. */
const BATCH = 512;

/** A broken connection is noticed before the end of the process that broke it. */
const DEATH_NOTICE_MS = 500;

/** Everything that could make a cell reload, named in the load and in every request after it. */
function canonicalOptions(variant: Variant): RunnerOptions {
  return {
    ...(variant.embedding ? {} : { num_batch: BATCH }),
    ...variant.options,
    num_ctx: variant.options.num_ctx ?? variant.contextLength,
  };
}

/**
 * Loads with one empty request, and looks at what came of it.
 * @throws BackendError, or the signal's reason; whatever it was, the cell must be ended then
 */
export async function loadInto(
  cell: OllamaCell,
  spec: LoadSpec,
  manifest: Manifest,
  clock: Clock,
  signal: AbortSignal,
): Promise<OllamaOccupant> {
  const { variant } = spec;
  const options = canonicalOptions(variant);
  try {
    const answer = await cell.connection.load(emptyCall({ ...variant, options }, -1), emptyAnswer, signal);
    if (!answer.done)
      throw new BackendError('LOAD_FAILED', 'retry', `Ollama gave up loading ${variant.modelName}.`);
  } catch (error) {
    throw await explained(error, cell, variant, clock, signal);
  }
  const resident = onlyResident(await residents(cell.connection, signal), variant.modelName);
  requireWhole(resident, spec);
  const engine = findEngine(cell.process.memberPids(), cell.process.pid);
  if (!engine) {
    throw new BackendError(
      'LOAD_FAILED',
      'retry',
      `The engine of ${variant.modelName} ended right after the load. The cell's log says why.`,
    );
  }
  return {
    modelName: variant.modelName,
    weights: variant.weights,
    weightFiles: weightFiles(manifest),
    digest: manifest.digest,
    contextLength: resident.contextLength ?? variant.contextLength,
    options,
    embedding: variant.embedding,
    engine,
    sizeBytes: resident.sizeBytes,
    vramBytes: resident.vramBytes,
  };
}

function onlyResident(all: readonly Resident[], modelName: string): Resident {
  const [resident] = all;
  if (resident && all.length === 1 && resident.modelName === ollamaNames.canonical(modelName))
    return resident;
  throw new BackendError(
    'LOAD_FAILED',
    'retry',
    `Ollama loaded ${modelName} and lists ${all.map((one) => one.modelName).join(', ') || 'nothing'}.`,
  );
}

/** A connection that broke because the cell died is told as the death, with the cell's own last words. */
async function explained(
  error: unknown,
  cell: OllamaCell,
  variant: Variant,
  clock: Clock,
  signal: AbortSignal,
): Promise<unknown> {
  if (signal.aborted || !(error instanceof BackendError)) return error;
  if (error.code === 'BACKEND_UNREACHABLE') {
    // Asked to end before its death was noticed, it would be said to have been told to.
    await Promise.race([cell.process.died, sleep(clock, DEATH_NOTICE_MS)]);
    cell.closedBecause ??= `It answered no more while it loaded ${variant.modelName}.`;
    const exit = await cell.process.end();
    const last = exit.lastLines.at(-1);
    return new BackendError(
      'LOAD_FAILED',
      'retry',
      `The server process died while it loaded ${variant.modelName}. ${exit.asked ? 'It answered no more.' : exit.why}${last ? ` Its last line: ${quotedLine(last)}` : ''}`,
      { cause: error },
    );
  }
  if (error.code === 'MODEL_NOT_FOUND') {
    // Its folder holds the model, so this passes.
    return new BackendError('LOAD_FAILED', 'retry', error.message, { cause: error });
  }
  return asLoadFailure(error);
}
