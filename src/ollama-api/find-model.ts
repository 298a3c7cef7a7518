/** How a route finds the model that a request names, and words that it is not there. */
import { cloudDisabled, ModelRequiredError, type OllamaError } from './errors.ts';
import { fullName, type ModelName, type ModelReference, parseModelReference } from './model-name.ts';

export interface ModelWording {
  /** For an empty name. */
  empty(): OllamaError;
  missing(name: string): OllamaError;
  /** Runs once the name is known to be well formed. */
  beforeLookup?(): void;
  /** The name must be spelled as the model has it. */
  readonly matchesCase?: boolean;
  /** What a cloud model's refusal calls it. */
  readonly subject?: string;
}

/** @throws OllamaError in the route's words; 403 for cloud models */
export function findNamed<M extends { readonly name: ModelName }>(
  name: string,
  wording: ModelWording,
  lookup: (name: ModelName) => M | undefined,
): M {
  const reference = referenceOf(name, wording);
  if (reference.source === 'cloud') throw cloudDisabled(wording.subject ?? 'remote model is');
  wording.beforeLookup?.();
  const found = lookup(reference.name);
  const isAnother = wording.matchesCase && found && fullName(found.name) !== fullName(reference.name);
  if (!found || isAnother) throw wording.missing(name);
  return found;
}

function referenceOf(name: string, wording: ModelWording): ModelReference {
  try {
    return parseModelReference(name);
  } catch (error) {
    throw error instanceof ModelRequiredError ? wording.empty() : error;
  }
}
