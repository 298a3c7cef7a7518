/** `--gpu`: which GPU of the server's backends a command is about. */
import type { ApiClient } from '../../client/api-client.ts';
import { Gpus } from '../../client/memory-documents.ts';
import { CommandError } from '../exit.ts';

/** Null where none was named. @throws CommandError when it names none, or more than one */
export async function gpuIdOf(api: ApiClient, named: string | undefined): Promise<string | null> {
  if (named === undefined) return null;
  const { backends } = await api.request(Gpus, {});
  const gpus = backends.flatMap(({ name, gpus: own }) =>
    own.map(({ id, index }) => ({ id, index: String(index), name: `${name}:${index}` })),
  );
  const found = gpus.filter(({ id, index, name }) => [id, index, name].includes(named));
  const [gpu] = found;
  if (gpu && found.length === 1) return gpu.id;
  const names = gpus.map(({ name }) => name).join(', ') || 'none';
  throw new CommandError(
    gpu
      ? `There are several GPUs "${named}". Name one of ${names}.`
      : `There is no GPU "${named}". The server has: ${names}.`,
  );
}

/** `GPU 0 (NVIDIA GeForce RTX 4090)`. */
export function gpuText(gpu: { readonly index: number; readonly name: string } | null | undefined): string {
  return gpu ? `GPU ${gpu.index} (${gpu.name})` : 'a GPU that is not to be seen';
}
