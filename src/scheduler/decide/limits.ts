/** The limits of a backend in words, the same wherever they are told. */
import type { BackendSnapshot } from './snapshot.ts';

export function countLimit({
  name,
  maxLoadedModels,
  oneInstancePerWeights,
}: Pick<BackendSnapshot, 'name' | 'maxLoadedModels' | 'oneInstancePerWeights'>): string {
  const count = maxLoadedModels === 1 ? '1 model' : `${maxLoadedModels} models`;
  const setting = oneInstancePerWeights
    ? '`maxLoadedModels`: its OLLAMA_MAX_LOADED_MODELS, by default 3 for each GPU'
    : '`maxLoadedModels`';
  return `${name} holds no more than ${count} at once (${setting})`;
}
