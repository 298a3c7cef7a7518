import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../clock.ts';
import { humanParameterCount, parameterCount } from '../core/architecture.ts';
import { describeModel, type ModelDescription } from '../core/catalog.ts';
import { DEFAULT_CATALOG } from '../core/default-catalog.ts';
import { FolderCatalog } from './folder-catalog.ts';

/**
 * Makes an `OLLAMA_MODELS` folder, or adds to one. The weights are a true GGUF header and then a hole of the model's size, which takes no
 * room on the disk; their names are not digests of what is in them. The first of the catalogue is the oldest.
 */
export function createModelFolder(
  folder: string,
  catalog: readonly ModelDescription[] = DEFAULT_CATALOG,
  clock: Clock = systemClock,
): void {
  for (const part of ['blobs', 'manifests']) mkdirSync(join(folder, part), { recursive: true });
  const models = new FolderCatalog(folder, { prunes: false });
  const startMs = clock.now() - 1_000 * catalog.length;
  catalog.forEach((description, age) => {
    const modifiedAtMs = startMs + 1_000 * age;
    models.put(
      describeModel(description, modifiedAtMs, (facts) => humanParameterCount(parameterCount(facts))),
    );
  });
}
