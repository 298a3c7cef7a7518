/**
 * Decodes request bodies the way Go decodes into structs: unknown fields are ignored, names match without regard to case, `null` is
 * absent, and a value of the wrong type is told in Go's words. Go goes on after such a value and tells the first one at the end; a type
 * that decodes itself ends the decoding at once, so that its error comes before all others.
 */
import { OllamaError } from './errors.ts';
import type { JsonSchema } from './json-schema.ts';
import { type JsonKind, JsonText } from './json-text.ts';

/** A value has the wrong type. */
class GoTypeError extends Error {
  readonly #value: string;
  readonly #type: string;
  readonly #path: readonly string[];

  constructor(value: string, type: string, struct: string, path: readonly string[]) {
    const into =
      path.length === 0
        ? `value of type ${type}`
        : `struct field ${[struct, ...path].join('.')} of type ${type}`;
    super(`json: cannot unmarshal ${value} into Go ${into}`);
    this.#value = value;
    this.#type = type;
    this.#path = path;
  }

  /** As the decoder around a type that decodes itself tells it: by its own struct, and the whole path. */
  within(place: Place): GoTypeError {
    if (place.path.length === 0) return this;
    return new GoTypeError(this.#value, this.#type, place.struct, [...place.path, ...this.#path]);
  }
}

/** Where a value stands: Go's name of the innermost struct, and the fields from the outermost one on. */
interface Place {
  readonly struct: string;
  /** Wanted for errors alone. */
  readonly path: readonly string[];
  /** Keeps the first of the errors after which decoding goes on. */
  save(error: Error): void;
}

class FieldPlace implements Place {
  readonly struct: string;
  readonly #field: string;
  readonly #outer: Place;

  constructor(struct: string, field: string, outer: Place) {
    this.struct = struct;
    this.#field = field;
    this.#outer = outer;
  }

  get path(): readonly string[] {
    return [...this.#outer.path, this.#field];
  }

  save(error: Error): void {
    this.#outer.save(error);
  }
}

/** How one field is decoded. */
export interface Field<T> {
  readonly zero: T;
  /** What it takes, for documents. `null` is taken for every field, as if it were absent. */
  readonly schema: JsonSchema;
  decode(json: JsonText, place: Place): T;
}

export type Shape = Readonly<Record<string, Field<unknown>>>;
export type Decoded<S extends Shape> = { [K in keyof S]: S[K] extends Field<infer T> ? T : never };

function field<T>(zero: T, schema: JsonSchema, decode: (json: JsonText, place: Place) => T): Field<T> {
  return { zero, schema, decode };
}

/** Decodes values of one kind; of another one it says so, and goes on. */
function ofKind<T>(
  kind: JsonKind,
  type: string,
  zero: T,
  read: (json: JsonText, place: Place) => T,
  more: JsonSchema = {},
): Field<T> {
  return field(zero, { type: kind === 'bool' ? 'boolean' : kind, ...more }, (json, place) => {
    if (json.kind === kind) return read(json, place);
    place.save(new GoTypeError(json.kind, type, place.struct, place.path));
    return zero;
  });
}

const LARGEST_INT = 2n ** 63n - 1n;

function integer(type: string, least: bigint, most: bigint): Field<number> {
  const read = (json: JsonText, place: Place) => {
    const { text } = json;
    const isInteger = /^-?\d+$/.test(text) && BigInt(text) >= least && BigInt(text) <= most;
    if (isInteger) return Number(text);
    place.save(new GoTypeError(`number ${text}`, type, place.struct, place.path));
    return 0;
  };
  return ofKind('number', type, 0, read, { type: 'integer' });
}

/** A text, which Go calls `type`. */
const string = (type = 'string'): Field<string> => ofKind('string', type, '', textOf);
/** A number with a fraction. Go rounds what it cannot hold, and refuses what is too large. */
function float(type: 'float32' | 'float64'): Field<number> {
  const rounded = type === 'float32' ? Math.fround : (value: number) => value;
  return ofKind('number', type, 0, (json, place) => {
    const value = Number(json.text);
    if (Number.isFinite(rounded(value))) return value;
    place.save(new GoTypeError(`number ${json.text}`, type, place.struct, place.path));
    return 0;
  });
}

const bool = (): Field<boolean | undefined> =>
  ofKind<boolean | undefined>('bool', 'bool', undefined, (json) => json.text === 'true');
const int = (): Field<number> => integer('int', -LARGEST_INT - 1n, LARGEST_INT);
const uint8 = (): Field<number> => integer('uint8', 0n, 255n);

const textOf = (json: JsonText) => String(json.value()).toWellFormed();

/** Any value. */
function any(): Field<unknown> {
  return field<unknown>(undefined, {}, (json, place) => {
    checkNumbers(json, place);
    return json.value();
  });
}

/** A value as it is written; undefined for `null`, too. */
function raw(): Field<string | undefined> {
  return field<string | undefined>(undefined, {}, (json) => json.text);
}

/** Any value, as it is written. */
function anyText(): Field<string | undefined> {
  return field<string | undefined>(undefined, {}, (json, place) => {
    checkNumbers(json, place);
    return json.text;
  });
}

function checkNumbers(json: JsonText, place: Place): void {
  const { overflow } = json;
  if (overflow !== undefined)
    place.save(new GoTypeError(`number ${overflow}`, 'float64', place.struct, place.path));
}

function map(): Field<Readonly<Record<string, unknown>>> {
  return ofKind('object', 'map[string]interface {}', {}, (json, place) => {
    checkNumbers(json, place);
    return json.value() as Readonly<Record<string, unknown>>;
  });
}

function stringMap(): Field<Readonly<Record<string, string>> | undefined> {
  const item = string();
  return ofKind<Readonly<Record<string, string>> | undefined>(
    'object',
    'map[string]string',
    undefined,
    (json, place) =>
      Object.fromEntries([...json.members()].map(([name, value]) => [name, decodeOr(item, value, place)])),
    { additionalProperties: item.schema },
  );
}

/** `null` leaves what is there. */
const decodeOr = <T>(item: Field<T>, json: JsonText, place: Place): T =>
  json.kind === 'null' ? item.zero : item.decode(json, place);

function list<T>(item: Field<T>, type: string): Field<readonly T[] | undefined> {
  return ofKind<readonly T[] | undefined>(
    'array',
    type,
    undefined,
    (json, place) => Array.from(json.elements(), (element) => decodeOr(item, element, place)),
    { items: item.schema },
  );
}

/** A value that Go holds by a pointer: undefined where it is absent. */
function pointer<T>(item: Field<T>): Field<T | undefined> {
  return field<T | undefined>(undefined, item.schema, item.decode);
}

/** @param type as Go calls it as a whole */
function struct<S extends Shape>(name: string, shape: S, type = `api.${name}`): Field<Decoded<S>> {
  const zero = Object.fromEntries(Object.entries(shape).map(([key, { zero }]) => [key, zero])) as Decoded<S>;
  const byFoldedName = new Map(Object.keys(shape).map((key) => [folded(key), key]));
  const read = (json: JsonText, place: Place) => {
    const result: Record<string, unknown> = { ...zero };
    for (const [given, value] of json.members()) {
      const known = Object.hasOwn(shape, given) ? given : byFoldedName.get(folded(given));
      if (known === undefined || value.kind === 'null') continue;
      result[known] = shape[known]?.decode(value, new FieldPlace(name, known, place));
    }
    return result as Decoded<S>;
  };
  return ofKind('object', type, zero, read, objectSchema(shape));
}

/** What an object of this shape takes, for documents. Fields that it does not have are ignored. */
export function objectSchema(shape: Shape): JsonSchema {
  const properties = Object.fromEntries(Object.entries(shape).map(([name, { schema }]) => [name, schema]));
  return { type: 'object', properties };
}

/** Go folds the long s, too. */
const folded = (name: string) => name.replaceAll('ſ', 's').toLowerCase();

/** A type that decodes itself. What `decode` throws ends the whole decoding. */
function own<T>(zero: T, schema: JsonSchema, decode: (json: JsonText) => T): Field<T> {
  return field(zero, schema, (json, place) => {
    try {
      return decode(json);
    } catch (error) {
      throw error instanceof GoTypeError ? error.within(place) : error;
    }
  });
}

/** A value on its own, as `json.Unmarshal` reads it. @throws GoTypeError, and whatever types that decode themselves throw. */
function unmarshal<T>(item: Field<T>, json: JsonText): T {
  let first: Error | undefined;
  const value = decodeOr(item, json, {
    struct: '',
    path: [],
    save: (error) => {
      first ??= error;
    },
  });
  if (first) throw first;
  return value;
}

/** A struct with a decoder of its own. */
const ownStruct = <S extends Shape>(name: string, shape: S): Field<Decoded<S>> => {
  const inner = struct(name, shape);
  return own(inner.zero, inner.schema, (json) => unmarshal(inner, json));
};

/** What the library of Ollama's ordered maps says of everything that is no object. */
const NO_OBJECT = "Value looks like object, but can't find closing '}' symbol";

/** An object that keeps its order. Its values are checked by `item`; what is given is the object as it was sent. */
function orderedMap(item: Field<unknown>): Field<Readonly<Record<string, unknown>> | undefined> {
  const schema = { type: 'object', additionalProperties: item.schema };
  return own<Readonly<Record<string, unknown>> | undefined>(undefined, schema, (json) => {
    if (json.kind !== 'object') throw new Error(NO_OBJECT);
    for (const [, value] of json.members()) unmarshal(item, value);
    return json.value() as Readonly<Record<string, unknown>>;
  });
}

/** A value that must have a shape, and is given as it was sent, with what the shape does not know. */
function checked(shape: Field<unknown>): Field<unknown> {
  return field<unknown>(undefined, shape.schema, (json, place) => {
    shape.decode(json, place);
    return json.value();
  });
}

/** Decoding works by recursion, whose stack ends at some two thousand of them. */
const DEEPEST_SHAPE = 500;

/** The field again, for a shape that holds itself: documents say nothing of it. */
function lazy<T>(zero: T, item: () => Field<T>): Field<T> {
  let depth = 0;
  return field(zero, {}, (json, place) => {
    if (depth >= DEEPEST_SHAPE) throw new Error('exceeded max depth');
    depth += 1;
    try {
      return item().decode(json, place);
    } finally {
      depth -= 1;
    }
  });
}

export const go = {
  string,
  bool,
  int,
  uint8,
  float,
  pointer,
  any,
  raw,
  anyText,
  map,
  stringMap,
  list,
  struct,
  own,
  ownStruct,
  orderedMap,
  checked,
  lazy,
  unmarshal,
};

/** Where Go declares the struct of a body, and what it says of no body at all. */
export interface BodyOrigin {
  readonly package: string;
  readonly missing: string;
}

const OLLAMA_BODY: BodyOrigin = { package: 'api', missing: 'missing request body' };

/** Made once for each body, not once for each request. */
const BODIES = new WeakMap<Shape, Map<string, Field<unknown>>>();

function bodyStruct<S extends Shape>(name: string, shape: S, type: string): Field<Decoded<S>> {
  const known = BODIES.get(shape) ?? new Map<string, Field<unknown>>();
  BODIES.set(shape, known);
  const made = (known.get(type) as Field<Decoded<S>> | undefined) ?? struct(name, shape, type);
  known.set(type, made);
  return made;
}

/**
 * A request body as the struct that Ollama decodes it into.
 * @throws OllamaError 400 with Go's text, or that of a missing body.
 */
export function decodeBody<S extends Shape>(
  name: string,
  shape: S,
  body: string,
  origin: BodyOrigin = OLLAMA_BODY,
): Decoded<S> {
  try {
    const json = JsonText.read(body);
    if (!json) throw new OllamaError(400, origin.missing);
    return unmarshal(bodyStruct(name, shape, `${origin.package}.${name}`), json);
  } catch (error) {
    if (error instanceof OllamaError || !(error instanceof Error)) throw error;
    throw new OllamaError(400, error.message, { cause: error });
  }
}
