/** The host's own memory, which every instance of a managed backend takes some of beside its GPUs'. */
import type { BackendSnapshot, InstanceSnapshot, LoadOption } from './snapshot.ts';

/** What an instance may come to take of the host: without a GPU all of it lies there, and else `cpuBytes` of it. */
export function hostBytesOf(
  { footprintBytes, cpuBytes }: Pick<LoadOption, 'footprintBytes' | 'cpuBytes'>,
  bytesPerInstance: number,
  gpus: readonly unknown[] | null,
): number {
  return bytesPerInstance + cpuBytes + (gpus?.length === 0 ? footprintBytes : 0);
}

/** Whether the host has room for it once `leaving` are gone; always where nobody watches the host. */
export function hostAdmits(
  option: LoadOption,
  { host, gpus }: BackendSnapshot,
  leaving: readonly InstanceSnapshot[],
): boolean {
  if (!host) return true;
  const back = leaving.reduce((sum, instance) => sum + instance.hostBytes, 0);
  return hostBytesOf(option, host.bytesPerInstance, gpus) <= host.freeBytes + back;
}

/** Whether the host could ever have room for it, with every instance gone. */
export function hostCouldAdmit(option: LoadOption, backend: BackendSnapshot): boolean {
  const { host } = backend;
  return (
    host === null || hostAdmits(option, { ...backend, host: { ...host, freeBytes: host.capacityBytes } }, [])
  );
}
