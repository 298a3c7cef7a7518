/** Requests without a prompt: Ollama loads the model for them, or lets go of it. */
import type { GatewayDependencies } from '../shared/dependencies.ts';
import type { GatewayExchange } from '../shared/gateway-route.ts';

/**
 * Loads the model as a waiting job would, and answers when it is there. With a keep-alive of 0 it is let go, unless others may still want
 * it, which an administrator alone may overrule. How long it stays otherwise is not the caller's to say.
 * @returns the `done_reason` of the answer
 */
export async function loadOrLetGo(
  { memory }: GatewayDependencies,
  { principal }: GatewayExchange,
  model: string,
  keepAliveMs: number | undefined,
): Promise<'load' | 'unload'> {
  if (keepAliveMs === 0) {
    if (principal.admin) await memory.unloadModel({ model, backendId: null });
    return 'unload';
  }
  await memory.loadModel({ model, backendId: null, contextLength: null });
  return 'load';
}
