import type { BackendCapabilities } from '../../domain/backend.ts';

/** Of an Ollama that somebody else runs: its own scheduler decides beside ours, and other clients use it. */
export const ATTACHED_OLLAMA: BackendCapabilities = {
  startsProcesses: false,
  alwaysResident: false,
  shared: true,
  loadChannels: 1,
  admitsByItself: true,
  placement: 'server',
  oneInstancePerWeights: true,
  limitsModelsByCount: true,
  canPull: true,
  canCreate: true,
  canCopy: true,
  canDelete: true,
  hostBytesPerInstance: 0,
};
