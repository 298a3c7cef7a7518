/** Names of models: how a kind of backend writes them, and what a name means over all backends. */
import type { BackendId } from './ids.ts';

/** How a kind of backend writes the names of its models. Two spellings with one canonical form are one model. */
export interface ModelNameRule {
  /** The form in which its names are listed, kept and compared. Of a canonical form it is that form. */
  canonical(name: string): string;
  /** Whether a canonical form could be the name of a model. */
  isValid(canonical: string): boolean;
}

/** As long as paths of Hugging Face and files with a folder get. */
const LONGEST = 256;
const PRINTABLE = /^[\x21-\x7e]+( [\x21-\x7e]+)*$/;

/** Whether a name that is kept as it is written could be asked for. */
export function isPlainName(name: string): boolean {
  return name.length <= LONGEST && PRINTABLE.test(name);
}

/** What a caller's name means. A name that a backend lists as it is written always means that model. */
export interface ModelNames {
  /** The name under which jobs wait for the model and people's wishes for it are kept, whichever backends have it or do not yet. */
  resolve(name: string): string;
  /** The same model as one backend lists it, or would list it. */
  on(name: string, backendId: BackendId): string;
  /** Whether any backend could have a model of this name. */
  isName(name: string): boolean;
  /** Names that are there and close to one that is not, closest first. */
  suggest(name: string): readonly string[];
}

/** The one of a backend's models that a name means. */
export function namedModel<T extends { readonly name: string }>(
  models: readonly T[],
  name: string,
  rule: ModelNameRule,
): T | undefined {
  const written = name.trim();
  const canonical = rule.canonical(name);
  return models.find((model) => model.name === written) ?? models.find((model) => model.name === canonical);
}
