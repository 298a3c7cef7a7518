/** Memory of the virtual cards for a program that is no engine of an Ollama's: it holds it for as long as it lives. */

import { allocationPath, readGpuFolder, writeWhole } from './gpu-folder.ts';
import { identify } from './process-identity.ts';

/**
 * Takes it in equal parts of every card that is visible; false where one has no room for its part, and nothing is taken then.
 * @param visible as CUDA_VISIBLE_DEVICES has it: UUIDs or indexes; undefined for all
 */
export function takeMemory(folder: string, visible: string | undefined, bytes: number): boolean {
  const names = visible?.split(',');
  const cards = readGpuFolder(folder).filter(
    ({ uuid, index }) => names?.some((name) => name === uuid || name === String(index)) ?? true,
  );
  const part = Math.floor(bytes / Math.max(1, cards.length));
  if (cards.length === 0 || cards.some(({ freeBytes }) => freeBytes < part)) return false;
  const self = identify(process.pid);
  if (!self) return false;
  const shares = cards.map(({ index }) => ({ gpu: index, bytes: part }));
  writeWhole(allocationPath(folder, self.pid, self.startTicks), { name: 'llama-server', shares });
  return true;
}
