import { InvalidModelNameError, ModelRequiredError, OllamaError } from './errors.ts';
import { quoteGo } from './go-quote.ts';

/** A model's full name, `host/namespace/model:tag`. */
export interface ModelName {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
}

export type ModelSource = 'unspecified' | 'local' | 'cloud';

export interface ModelReference {
  readonly name: ModelName;
  readonly source: ModelSource;
}

const DEFAULTS = { host: 'registry.ollama.ai', namespace: 'library', tag: 'latest' } as const;
/** Stands for a part that a separator promised and that is not there; it makes the name invalid. */
const MISSING = '!MISSING!';

const PART: Readonly<Record<keyof ModelName, RegExp>> = {
  host: /^\w[\w.:-]{0,349}$/,
  namespace: /^\w[\w-]{0,79}$/,
  model: /^\w[\w.-]{0,79}$/,
  tag: /^\w[\w.-]{0,79}$/,
};

function cutLast(text: string, separator: string): { before: string; after: string } | undefined {
  const at = text.lastIndexOf(separator);
  if (at < 0) return undefined;
  return { before: text.slice(0, at) || MISSING, after: text.slice(at + 1) || MISSING };
}

/** Splits `[scheme://][host/][namespace/]model[:tag]` and fills in Ollama's defaults. The result may be invalid. */
export function parseModelName(text: string): ModelName {
  let rest = text;
  let tag = '';
  if (rest.lastIndexOf(':') > rest.lastIndexOf('/')) {
    const cut = cutLast(rest, ':');
    rest = cut?.before ?? rest;
    tag = cut?.after ?? '';
  }
  const withDefaults = (parts: Partial<ModelName> & { model: string }): ModelName => ({
    host: parts.host || DEFAULTS.host,
    namespace: parts.namespace || DEFAULTS.namespace,
    model: parts.model,
    tag: tag || DEFAULTS.tag,
  });
  const model = cutLast(rest, '/');
  if (!model) return withDefaults({ model: rest });
  const namespace = cutLast(model.before, '/');
  if (!namespace) return withDefaults({ namespace: model.before, model: model.after });
  const host = namespace.before.replace(/^.*?:\/\//, '');
  return withDefaults({ host, namespace: namespace.after, model: model.after });
}

export function isValidName(name: ModelName): boolean {
  return (Object.keys(PART) as (keyof ModelName)[]).every((part) => PART[part].test(name[part]));
}

export function fullName(name: ModelName): string {
  return `${name.host}/${name.namespace}/${name.model}:${name.tag}`;
}

/** The name as `/api/tags` and `/api/ps` show it: without the default host and namespace, always with the tag. */
export function shortName(name: ModelName): string {
  const base = `${name.model}:${name.tag}`;
  if (name.host.toLowerCase() !== DEFAULTS.host) return `${name.host}/${name.namespace}/${base}`;
  return name.namespace.toLowerCase() === DEFAULTS.namespace ? base : `${name.namespace}/${base}`;
}

/** Names are matched without regard to case. */
export function nameKey(name: ModelName): string {
  return fullName(name).toLowerCase();
}

function sourceSuffix(text: string): { base: string; source: ModelSource } {
  const at = text.lastIndexOf(':');
  const suffix = at < 0 ? '' : text.slice(at + 1).trim();
  const lower = suffix.toLowerCase();
  if (lower === 'cloud' || lower === 'local') return { base: text.slice(0, at), source: lower };
  if (!suffix.includes('/') && lower.endsWith('-cloud')) {
    return { base: text.slice(0, at + 1) + suffix.slice(0, -'-cloud'.length), source: 'cloud' };
  }
  return { base: text, source: 'unspecified' };
}

/** @throws ModelRequiredError when empty; OllamaError 400 for two sources at once. */
function splitSource(text: string): { base: string; source: ModelSource } {
  const trimmed = text.trim();
  if (trimmed === '') throw new ModelRequiredError();
  const split = sourceSuffix(trimmed);
  if (split.source !== 'unspecified' && sourceSuffix(split.base).source !== 'unspecified')
    throw new OllamaError(400, `use either :local or :cloud, not both: ${quoteGo(trimmed)}`);
  return split;
}

function validName(text: string): ModelName {
  const name = parseModelName(text);
  if (!isValidName(name)) throw new InvalidModelNameError();
  return name;
}

/**
 * A model as a request spells it, with `:cloud` and `:local` taken off.
 * @throws ModelRequiredError when empty; InvalidModelNameError; OllamaError 400 for two sources at once.
 */
export function parseModelReference(text: string): ModelReference {
  const { base, source } = splitSource(text);
  return { name: validName(base), source };
}

/** A model as a request spells it, but for `:local`. @throws as `parseModelReference`, but for names that no model can have */
export function withoutSource(text: string): string {
  return splitSource(text).base;
}

/**
 * A model to fetch or to remove: a cloud model has its own name here, `x:cloud` or `x:7b-cloud`.
 * @throws as `parseModelReference`
 */
export function parseStoredReference(text: string): ModelReference {
  const { base, source } = splitSource(text);
  if (source !== 'cloud') return { name: validName(base), source };
  const hasTag = base.lastIndexOf(':') > base.lastIndexOf('/');
  return { name: validName(`${base}${hasTag ? '-' : ':'}cloud`), source };
}
