import type { BackendCapabilities } from '../../domain/backend.ts';

type Own = Pick<BackendCapabilities, 'loadChannels' | 'hostBytesPerInstance'>;

/** Of Ollama as a process for each instance: nothing of its own scheduler is left in the way, and nobody else uses it. */
export function managedOllama(own: Own): BackendCapabilities {
  return {
    startsProcesses: true,
    alwaysResident: false,
    shared: false,
    admitsByItself: false,
    placement: 'caller',
    oneInstancePerWeights: false,
    limitsModelsByCount: false,
    canPull: true,
    canCreate: true,
    canCopy: true,
    canDelete: true,
    ...own,
  };
}
