/** Tells a server to let an instance go, until it has. */
import type { LoadSpec, Resident } from '../domain/backend.ts';
import { messageOf } from '../domain/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { HeldInstance } from './held-instance.ts';
import type { Troubles } from './troubles.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface UnloadingDependencies {
  readonly logger: Logger;
  readonly troubles: Troubles;
  pause(ms: number): Promise<void>;
}

/** Resolves when the server has confirmed it, or the instance was forgotten: one that only might be gone still counts. */
export async function unloadInstance(instance: HeldInstance, deps: UnloadingDependencies): Promise<void> {
  const { instanceId, backend, spec } = instance;
  const { signal } = instance.lifetime;
  const handle = instance.handle ?? backend.adopt(unknownResident(spec), spec);
  const kind = 'UNLOAD';
  let said: string | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      await handle.unload(signal);
      break;
    } catch (error) {
      if (signal.aborted) break;
      // The same trouble again is no news, and asking more often is no help.
      const message = messageOf(error);
      if (message !== said) deps.logger.warn(`${spec.variant.modelName} could not be unloaded: ${message}`);
      pauseMs = message === said ? Math.min(LONGEST_PAUSE_MS, pauseMs * 2) : FIRST_PAUSE_MS;
      said = message;
      deps.troubles.failed({ kind, instanceId, message });
      await deps.pause(pauseMs);
    }
  }
  deps.troubles.over({ kind, instanceId });
}

/** For an instance whose load failed: what the server really holds of it is not known. */
function unknownResident(spec: LoadSpec): Resident {
  const { modelName, contextLength } = spec.variant;
  return {
    modelName,
    digest: '',
    contextLength,
    sizeBytes: 0,
    vramBytes: 0,
    expiresAt: null,
    parallel: null,
    gpuKeys: null,
  };
}
