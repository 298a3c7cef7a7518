/** Loading a model into an Ollama, and finding out as what it was really loaded. */
import { sleep } from '../../clock.ts';
import type { LoadSpec, Resident } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RunnerOptions, Variant } from '../../domain/model.ts';
import type { Call } from './connection.ts';
import { asListed, residentWith } from './residents.ts';
import { type OllamaServer, quickResidents, residents } from './server.ts';
import { requireWhole } from './spill.ts';
import { emptyAnswer } from './wire.ts';

/** Its entry is made before the load is answered, but another client's load may have taken its place already. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 150;

export interface Loaded {
  /** As it was really loaded. */
  readonly variant: Variant;
  /** What the server lists for it; null when it could not be asked. */
  readonly resident: Resident | null;
}

/**
 * Loads with an empty request that is ours alone: a load dies with the connection that asked for it first. Where another client has just had the
 * same weights loaded with a larger context, that runner is taken as it is.
 * @throws SpilledError, after which it still has to be unloaded; BackendError, or the signal's reason
 */
export async function load(server: OllamaServer, spec: LoadSpec, signal: AbortSignal): Promise<Loaded> {
  const variant = await asThere(server, spec.variant, signal);
  try {
    const answer = await server.connection.load(emptyCall(variant, -1), emptyAnswer, signal);
    if (!answer.done)
      throw new BackendError('LOAD_FAILED', 'retry', `Ollama gave up loading ${variant.modelName}.`);
  } catch (error) {
    throw asLoadFailure(error);
  }
  const resident = await verify(server, variant, signal);
  if (resident) requireWhole(resident, { ...spec, variant });
  const contextLength = resident?.contextLength ?? variant.contextLength;
  return { variant: { ...variant, contextLength }, resident };
}

async function asThere(server: OllamaServer, variant: Variant, signal: AbortSignal): Promise<Variant> {
  const all = await quickResidents(server.connection);
  signal.throwIfAborted();
  const there = residentWith(all ?? [], variant, (digest) => server.library.weightsOf(digest));
  return there ? asListed(there, variant) : variant;
}

/**
 * A request without input, which loads the variant unless it is there and sets its keep-alive (-1: for ever). It has to name the
 * options: without them it would mean the server's defaults, and reload.
 */
export function emptyCall(variant: Variant, keepAlive: number | string): Call {
  const common = { model: variant.modelName, ...namedOptions(variant.options), keep_alive: keepAlive };
  return variant.embedding
    ? { endpoint: '/api/embed', body: { ...common, input: [] } }
    : { endpoint: '/api/generate', body: { ...common, stream: false } };
}

/**
 * What a request has to say of the runner that it means. Without a number of layers the server may choose it, whatever the Modelfile says.
 * `shift` has a field of its own in a request.
 */
export function namedOptions({ shift, ...options }: RunnerOptions): {
  readonly options: JsonObject;
  readonly shift?: boolean;
} {
  return { options: { num_gpu: -1, ...options }, ...(shift !== undefined && { shift }) };
}

async function verify(server: OllamaServer, variant: Variant, signal: AbortSignal): Promise<Resident | null> {
  for (let look = 1; ; look += 1) {
    let all: readonly Resident[];
    try {
      all = await residents(server.connection, signal);
    } catch (error) {
      // It is loaded; that the list is slow to come is no reason to load it again.
      if (error instanceof BackendError && error.code === 'BACKEND_ERROR') return null;
      throw error;
    }
    const resident = residentWith(all, variant, (digest) => server.library.weightsOf(digest));
    if (resident) return resident;
    if (look === LOOKS) break;
    await sleep(server.clock, LOOK_AGAIN_MS, signal);
  }
  throw new BackendError(
    'LOAD_FAILED',
    'retry',
    `Ollama loaded ${variant.modelName} and does not list it: another client's model may have taken its place at once.`,
  );
}

/** A failure without a better name is one of the load. An empty request has nothing that could be refused but the model itself. */
export function asLoadFailure(error: unknown): unknown {
  if (!(error instanceof BackendError)) return error;
  const { code, remedy, message } = error;
  if (code === 'BACKEND_ERROR' && remedy === 'retry')
    return new BackendError('LOAD_FAILED', 'retry', message, { cause: error });
  if (code !== 'REQUEST_REJECTED') return error;
  return new BackendError('LOAD_FAILED', 'none', message, { cause: error });
}
