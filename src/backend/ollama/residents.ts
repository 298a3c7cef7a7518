/** What an Ollama lists as in memory, in the words of the domain. */
import type { Resident } from '../../domain/backend.ts';
import { adoptedOptions, type Variant } from '../../domain/model.ts';
import { ollamaNames } from './model-names.ts';
import type { PsModel } from './wire.ts';

export function residentOf(model: PsModel): Resident {
  return {
    modelName: ollamaNames.canonical(model.name),
    digest: model.digest,
    contextLength: model.context_length ?? null,
    sizeBytes: model.size,
    vramBytes: model.size_vram,
    expiresAt: expiry(model.expires_at),
    parallel: null,
    gpuKeys: null,
  };
}

/** A keep-alive of "for ever" shows as a year about 2318, and one that overflowed as a year before Ollama existed. */
const FIRST_YEAR = Date.UTC(2023, 0);
const LAST_YEAR = Date.UTC(2200, 0);

function expiry(text: string | undefined): number | null {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return at >= FIRST_YEAR && at < LAST_YEAR ? at : null;
}

/**
 * The entry that holds a variant. Ollama keeps one runner for each weights and lists it under the name that loaded it, so an alias
 * has to be found by its weights; and where a pull has given the name other weights, both are listed under it. The name decides
 * only for a manifest that nobody has seen.
 */
export function residentWith(
  residents: readonly Resident[],
  variant: Pick<Variant, 'modelName' | 'weights'>,
  weightsOf: (digest: string) => string | undefined,
): Resident | undefined {
  const known = (resident: Resident) => weightsOf(resident.digest) ?? null;
  return (
    residents.find((resident) => (known(resident) ?? resident.digest) === variant.weights) ??
    residents.find((resident) => known(resident) === null && resident.modelName === variant.modelName)
  );
}

/** The variant to name for a runner that serves it: as it is listed where another client gave it a larger context. */
export function asListed({ contextLength }: Resident, variant: Variant): Variant {
  if (contextLength === null || contextLength <= variant.contextLength) return variant;
  return { ...variant, contextLength, options: adoptedOptions(variant.options, contextLength) };
}
