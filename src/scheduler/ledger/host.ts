/** Who has which bytes of a managed backend's host. */
import type { HostSnapshot } from '../decide/snapshot.ts';
import { type BackendRecord, instancesOf, type SchedulerState } from '../state.ts';

/**
 * At every instant: available to us = available now + what our instances hold already, and of that each instance is granted what it
 * may come to take: a prompt cache fills up long after its load. Null where the host is not watched.
 */
export function hostSnapshot(state: SchedulerState, backend: BackendRecord): HostSnapshot | null {
  const { host, settings } = backend;
  const bytesPerInstance = settings.capabilities.hostBytesPerInstance;
  if (!host || bytesPerInstance === 0) return null;
  const granted = instancesOf(state, settings.id).reduce((sum, instance) => sum + instance.hostBytes, 0);
  const ours = host.availableBytes + host.heldBytes - settings.headroomBytes;
  return {
    bytesPerInstance,
    // More than it was granted is gone all the same.
    freeBytes: ours - Math.max(granted, host.heldBytes),
    capacityBytes: Math.max(0, ours),
  };
}
