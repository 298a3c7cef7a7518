/** Ollama's rule for the names of its models. */
import type { ModelNameRule } from '../../domain/model-names.ts';

/** The short form: default host and namespace dropped, tag always there, lower case (`Llama3` → `llama3:latest`). */
function canonicalModelName(name: string): string {
  const short = name
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^registry\.ollama\.ai\//, '')
    .replace(/^library\//, '');
  const lastSlash = short.lastIndexOf('/');
  return short.indexOf(':', lastSlash + 1) < 0 ? `${short}:latest` : short;
}

const NAME_PART = /^[a-z0-9_][a-z0-9_.-]{0,79}$/;

/** Whether a canonical name has the form `[host/][namespace/]model:tag`. */
function isModelName(canonical: string): boolean {
  const lastColon = canonical.lastIndexOf(':');
  const parts = canonical.slice(0, lastColon).split('/');
  const tag = canonical.slice(lastColon + 1);
  if (lastColon < 1 || parts.length > 3 || !NAME_PART.test(tag)) return false;
  // A host, which only a three-part name has, may carry a port.
  return parts.every((part, i) =>
    NAME_PART.test(parts.length === 3 && i === 0 ? part.replace(/:\d+$/, '') : part),
  );
}

export const ollamaNames: ModelNameRule = { canonical: canonicalModelName, isValid: isModelName };
