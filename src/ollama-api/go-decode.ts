/**
 * Decodes request bodies the way Go decodes into structs: unknown fields ignored, names matched without regard
 * to case, `null` as absent, and Go's texts for values of the wrong type.
 */
import { parseKeepAlive } from './duration.ts';
import { OllamaError } from './errors.ts';
import { GoJsonError, parseGoJson } from './go-json.ts';

/** How one field is decoded. `path` is what Go calls it: `GenerateRequest.model`. */
export interface Field<T> {
  readonly zero: T;
  decode(value: unknown, path: string): T;
}

export type Shape = Readonly<Record<string, Field<unknown>>>;
export type Decoded<S extends Shape> = { [K in keyof S]: S[K] extends Field<infer T> ? T : never };

class DecodeError extends Error {}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function wrongType(value: unknown, path: string, type: string, kind = kindOf(value)): DecodeError {
  return new DecodeError(`json: cannot unmarshal ${kind} into Go struct field ${path} of type ${type}`);
}

function field<T>(zero: T, decode: (value: unknown, path: string) => T): Field<T> {
  return { zero, decode };
}

function string(): Field<string> {
  return field('', (value, path) => {
    if (typeof value !== 'string') throw wrongType(value, path, 'string');
    return value;
  });
}

function bool(): Field<boolean | undefined> {
  return field<boolean | undefined>(undefined, (value, path) => {
    if (typeof value !== 'boolean') throw wrongType(value, path, 'bool');
    return value;
  });
}

function int(): Field<number> {
  return field(0, (value, path) => {
    if (typeof value !== 'number') throw wrongType(value, path, 'int');
    if (!Number.isInteger(value)) throw wrongType(value, path, 'int', `number ${value}`);
    return value;
  });
}

function any(): Field<unknown> {
  return field<unknown>(undefined, (value) => value);
}

function map(): Field<Readonly<Record<string, unknown>>> {
  return field<Readonly<Record<string, unknown>>>({}, (value, path) => {
    if (kindOf(value) !== 'object') throw wrongType(value, path, 'map[string]interface {}');
    return value as Readonly<Record<string, unknown>>;
  });
}

function stringMap(): Field<Readonly<Record<string, string>> | undefined> {
  return field<Readonly<Record<string, string>> | undefined>(undefined, (value, path) => {
    if (kindOf(value) !== 'object') throw wrongType(value, path, 'map[string]string');
    for (const item of Object.values(value as object)) {
      if (typeof item !== 'string') throw wrongType(item, path, 'string');
    }
    return value as Readonly<Record<string, string>>;
  });
}

function list<T>(item: Field<T>, type: string): Field<readonly T[] | undefined> {
  return field<readonly T[] | undefined>(undefined, (value, path) => {
    if (!Array.isArray(value)) throw wrongType(value, path, type);
    return value.map((element) => (element === null ? item.zero : item.decode(element, path)));
  });
}

/**
 * A nested struct. Go names the innermost struct and the path from the outermost one, but the outermost struct
 * where a type in between decodes itself (`opaque`).
 */
function struct<S extends Shape>(name: string, shape: S, opaque = false): Field<Decoded<S>> {
  return field(zeroOf(shape), (value, path) => {
    if (kindOf(value) !== 'object') throw wrongType(value, path, `api.${name}`);
    const inner = opaque ? path : path.replace(/^\w+/, name);
    return decodeStruct(inner, shape, value as Record<string, unknown>);
  });
}

function keepAlive(): Field<number | undefined> {
  return field<number | undefined>(undefined, (value) => parseKeepAlive(value));
}

export type Think = boolean | 'high' | 'medium' | 'low' | 'max';

function think(): Field<Think | undefined> {
  const choices = '"high", "medium", "low", "max", true, or false';
  return field<Think | undefined>(undefined, (value) => {
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'string') {
      throw new DecodeError(`think must be a boolean or string (${choices})`);
    }
    if (value === 'high' || value === 'medium' || value === 'low' || value === 'max') return value;
    throw new DecodeError(`invalid think value: ${JSON.stringify(value)} (must be ${choices})`);
  });
}

/** Where Go's strict base64 decoder stops; undefined when the text is good. Line breaks are skipped. */
export function badBase64At(text: string): number | undefined {
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\n' || character === '\r') continue;
    if (/[A-Za-z0-9+/]/.test(character)) {
      digits++;
      continue;
    }
    if (character !== '=' || digits % 4 < 2) return at;
    const rest = text.slice(at).replace(/[\r\n]/g, '');
    const padding = 4 - (digits % 4);
    if (!rest.startsWith('='.repeat(padding))) return at;
    return rest.length === padding ? undefined : at + padding;
  }
  return digits % 4 === 0 ? undefined : text.length;
}

function image(): Field<string> {
  return field('', (value, path) => {
    if (typeof value !== 'string') throw wrongType(value, path, 'api.ImageData');
    const at = badBase64At(value);
    if (at !== undefined) throw new DecodeError(`illegal base64 data at input byte ${at}`);
    return value;
  });
}

export const go = { string, bool, int, any, map, stringMap, list, struct, keepAlive, think, image };

function zeroOf<S extends Shape>(shape: S): Decoded<S> {
  return Object.fromEntries(Object.entries(shape).map(([name, { zero }]) => [name, zero])) as Decoded<S>;
}

function decodeStruct<S extends Shape>(path: string, shape: S, value: Record<string, unknown>): Decoded<S> {
  const byLowerCase = new Map(Object.keys(shape).map((key) => [key.toLowerCase(), key]));
  const result: Record<string, unknown> = zeroOf(shape);
  for (const [key, item] of Object.entries(value)) {
    const known = Object.hasOwn(shape, key) ? key : byLowerCase.get(key.toLowerCase());
    if (known === undefined || item === null) continue;
    result[known] = shape[known]?.decode(item, `${path}.${known}`);
  }
  return result as Decoded<S>;
}

/**
 * A request body as the struct that Ollama decodes it into.
 * @throws OllamaError 400 with Go's text, or `missing request body`.
 */
export function decodeBody<S extends Shape>(name: string, shape: S, body: string): Decoded<S> {
  try {
    const value = parseGoJson(body);
    if (value === undefined) throw new OllamaError(400, 'missing request body');
    if (value === null) return zeroOf(shape);
    if (kindOf(value) !== 'object') {
      throw new DecodeError(`json: cannot unmarshal ${kindOf(value)} into Go value of type api.${name}`);
    }
    return decodeStruct(name, shape, value as Record<string, unknown>);
  } catch (error) {
    if (error instanceof OllamaError) throw error;
    if (error instanceof GoJsonError || error instanceof Error) {
      throw new OllamaError(400, error.message, { cause: error });
    }
    throw error;
  }
}
