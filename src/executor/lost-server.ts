/**
 * Asks a server that broke off a request whether it is still there: only then does a job lose an attempt by it. A server that was stopped
 * or restarted breaks every request off that it had, and engines die with it.
 */
import { type Clock, sleep } from '../clock.ts';
import type { Backend } from '../domain/backend.ts';
import { BackendError, EngineDiedError, messageOf } from '../domain/errors.ts';
import type { Variant } from '../domain/model.ts';

/** A server that is about to end still answers for a moment. */
const LAST_ANSWERS_MS = 250;

/**
 * What the failure of a run really was.
 * @param backend where it ran, on an instance of `variant`
 * @param stopped aborts when nobody needs to know any more
 */
export async function examined(
  error: unknown,
  backend: Pick<Backend, 'name' | 'inspect'>,
  variant: Variant,
  clock: Clock,
  stopped: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof BackendError)) return error;
  const isBrokenOff = error.code === 'BACKEND_UNREACHABLE';
  if (!isBrokenOff && !(error instanceof EngineDiedError)) return error;
  let residents: Awaited<ReturnType<Backend['inspect']>>['residents'];
  try {
    await sleep(clock, LAST_ANSWERS_MS, stopped);
    ({ residents } = await backend.inspect(stopped));
  } catch (reason) {
    const isLost = reason instanceof BackendError && reason.code === 'BACKEND_UNREACHABLE';
    if (!isLost) return error;
    const message = `${error.message} After that ${backend.name} was lost: ${messageOf(reason)}`;
    return new BackendError('BACKEND_UNREACHABLE', 'wait', message, { cause: error });
  }
  if (!isBrokenOff || error.remedy !== 'wait') return error;
  const { weights, modelName } = variant;
  const isThere = residents.some((one) => one.weights === weights || one.modelName === modelName);
  if (!isThere) return error;
  const message = `${error.message} It answers otherwise and still holds the model, so this request failed by itself or in a proxy.`;
  return new BackendError('BACKEND_ERROR', 'retry', message, { cause: error });
}
