import { managedOllama } from '../../src/backend/managed/capabilities.ts';
import { ATTACHED_OLLAMA } from '../../src/backend/ollama/capabilities.ts';
import type { BackendCapabilities } from '../../src/domain/backend.ts';

/** Those of an Ollama that others run, but for what is said. */
export function attachedCapabilities(own: Partial<BackendCapabilities> = {}): BackendCapabilities {
  return { ...ATTACHED_OLLAMA, ...own };
}

/** Those of a backend that runs a process for each instance, but for what is said. */
export function managedCapabilities(own: Partial<BackendCapabilities> = {}): BackendCapabilities {
  return { ...managedOllama({ loadChannels: 2, hostBytesPerInstance: 0 }), ...own };
}
