import type { BackendCapabilities } from '../../domain/backend.ts';

type Own = Pick<BackendCapabilities, 'loadChannels' | 'hostBytesPerInstance'>;

/** Of servers that commands of the configuration start: a process for each instance, and no models but those that are named there. */
export function startedByCommands(own: Own): BackendCapabilities {
  return {
    startsProcesses: true,
    alwaysResident: false,
    shared: false,
    admitsByItself: false,
    placement: 'caller',
    oneInstancePerWeights: false,
    limitsModelsByCount: false,
    canPull: false,
    canCreate: false,
    canCopy: false,
    canDelete: false,
    ...own,
  };
}
