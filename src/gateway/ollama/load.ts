/** Requests without a prompt: Ollama loads the model for them, or lets go of it. */
import type { JsonObject } from '../../domain/json.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import type { GatewayExchange } from '../shared/gateway-route.ts';
import type { TextShape } from '../shared/gathered-text.ts';
import type { LoadTask } from './tasks.ts';

/**
 * Loads the model as a waiting job would, and answers when it is there. With a keep-alive of 0 it is let go, unless others may still want
 * it, which an administrator alone may overrule. How long it stays otherwise is not the caller's to say.
 * @returns the `done_reason` of the answer
 */
export async function loadOrLetGo(
  { memory }: GatewayDependencies,
  { principal }: GatewayExchange,
  { model, keepAliveMs }: LoadTask,
): Promise<'load' | 'unload'> {
  if (keepAliveMs === 0) {
    if (principal.admin) await memory.unloadModel({ model, backendId: null });
    return 'unload';
  }
  await memory.loadModel({ model, backendId: null, contextLength: null });
  return 'load';
}

/** The same, told in the only record of an answer that says nothing. */
export async function loadRecord(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  task: LoadTask,
  shape: TextShape,
): Promise<JsonObject> {
  const done_reason = await loadOrLetGo(deps, exchange, task);
  return { ...shape.record({ content: '', thinking: '' }), done: true, done_reason };
}
