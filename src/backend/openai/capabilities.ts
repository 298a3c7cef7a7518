import type { BackendCapabilities } from '../../domain/backend.ts';

/** Of a server that speaks OpenAI's API and was started with its models: they are there as long as it runs. */
export const ATTACHED_OPENAI: BackendCapabilities = {
  startsProcesses: false,
  alwaysResident: true,
  shared: true,
  loadChannels: 1,
  admitsByItself: false,
  placement: 'server',
  oneInstancePerWeights: true,
  limitsModelsByCount: false,
  canPull: false,
  canCreate: false,
  canCopy: false,
  canDelete: false,
  hostBytesPerInstance: 0,
};
