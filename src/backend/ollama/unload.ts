/** Unloading: saying it, saying it again where Ollama forgets it, and waiting until the model is gone. */
import { sleep } from '../../clock.ts';
import type { Resident } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { Variant } from '../../domain/model.ts';
import { residentWith } from './residents.ts';
import { type OllamaServer, residents } from './server.ts';
import { emptyAnswer } from './wire.ts';

const FIRST_POLL_MS = 20;
const LONGEST_POLL_MS = 500;
/**
 * Another client's request with a keep-alive of its own, arriving between the unload and the end of the last request, makes
 * Ollama forget the unload (ollama#17408). Saying it again is harmless.
 */
const REPEAT_MS = 5_000;

/**
 * Tells the server to let go, and resolves when `/api/ps` no longer lists the model. Requests that run on it are finished first.
 * @throws BackendError, or the signal's reason
 */
export async function unload(server: OllamaServer, variant: Variant, signal: AbortSignal): Promise<void> {
  const startedAt = server.clock.monotonic();
  const elapsedMs = () => server.clock.monotonic() - startedAt;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_POLL_MS)) {
    if (elapsedMs() - toldAtMs >= REPEAT_MS) {
      await tell(server, variant, signal);
      toldAtMs = elapsedMs();
    }
    if ((await find(server, variant, signal)) === null) return;
    if (elapsedMs() >= server.deadlines.unloadMs) throw stillThere(variant, elapsedMs());
    await sleep(server.clock, pauseMs, signal);
  }
}

/**
 * A name may have been deleted meanwhile, or mean other weights since a pull, while the old ones stay loaded: any other name of theirs
 * will do. By a name that means other ones now those would be unloaded.
 */
async function tell(server: OllamaServer, variant: Variant, signal: AbortSignal): Promise<void> {
  const { library } = server;
  const own = library.meansOther(variant.modelName, variant.weights) ? [] : [variant.modelName];
  let missing: unknown = nameless(variant);
  for (const model of new Set([...own, ...library.namesOf(variant.weights)])) {
    try {
      const body = { model, keep_alive: 0, stream: false };
      await server.connection.ask({ endpoint: '/api/generate', body }, emptyAnswer, signal);
      return;
    } catch (error) {
      if (!(error instanceof BackendError) || error.code !== 'MODEL_NOT_FOUND') throw error;
      missing = error;
    }
  }
  if ((await find(server, variant, signal)) !== null) throw missing;
}

/** Null when it is gone. A list that does not come in time says nothing. */
async function find(
  server: OllamaServer,
  variant: Variant,
  signal: AbortSignal,
): Promise<Resident | 'unknown' | null> {
  try {
    const all = await residents(server.connection, signal);
    return residentWith(all, variant, (digest) => server.library.weightsOf(digest)) ?? null;
  } catch (error) {
    if (error instanceof BackendError && error.code === 'BACKEND_ERROR' && error.remedy === 'wait') {
      return 'unknown';
    }
    throw error;
  }
}

function nameless({ modelName }: Variant): BackendError {
  return new BackendError(
    'BACKEND_ERROR',
    'retry',
    `${modelName} has other weights since a pull, and Ollama cannot be told to unload the old ones, which no name means any more. They go when it needs their memory, or is restarted.`,
  );
}

function stillThere(variant: Variant, elapsedMs: number): BackendError {
  return new BackendError(
    'BACKEND_ERROR',
    'retry',
    `Ollama was told ${Math.round(elapsedMs / 1000)} s ago to unload ${variant.modelName} and still lists it. Another client may be using it.`,
  );
}
