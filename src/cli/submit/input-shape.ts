/** What the API takes, field by field, so that all that is wrong with an input is found before it is sent, and named in plain words. */
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { parseInstant } from '../../domain/instant.ts';
import { isObject } from './json-object.ts';

export interface ShapeProblem {
  readonly path: readonly string[];
  /** Follows the name of the field, such as `is missing`. */
  readonly text: string;
}

/** The types of inputs as the server of this version has them. */
export class InputShapes {
  readonly #schema = buildSchema(
    readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8').toString(),
    { assumeValid: true },
  );

  /** Names of the fields of an input type, in the order of the alphabet. */
  fieldsOf(type: string): readonly string[] {
    return Object.keys(this.#type(type).getFields());
  }

  /** Name of the type of a field, lists and what may be null left aside. */
  typeOf(type: string, field: string): string {
    const found = this.#type(type).getFields()[field];
    if (!found) throw new TypeError(`${type} has no field ${field}.`);
    return getNamedType(found.type).name;
  }

  /** Names of the values of an enum. */
  valuesOf(type: string): readonly string[] {
    const found = this.#schema.getType(type);
    if (!isEnumType(found)) throw new TypeError(`${type} is no enum of the schema.`);
    return found.getValues().map(({ name }) => name);
  }

  problems(type: string, value: unknown): readonly ShapeProblem[] {
    return [...problemsOf(this.#type(type), value, [])];
  }

  #type(name: string): GraphQLInputObjectType {
    const type = this.#schema.getType(name);
    if (!isInputObjectType(type)) throw new TypeError(`${name} is no input type of the schema.`);
    return type;
  }
}

function* problemsOf(
  type: GraphQLInputType,
  value: unknown,
  path: readonly string[],
): Generator<ShapeProblem> {
  if (isNonNullType(type)) {
    if (value === undefined || value === null) yield { path, text: 'is missing' };
    else yield* problemsOf(type.ofType, value, path);
    return;
  }
  if (value === undefined || value === null) return;
  if (isListType(type)) {
    if (!Array.isArray(value)) yield { path, text: 'is not a list' };
    else
      for (const [index, each] of value.entries())
        yield* problemsOf(type.ofType, each, [...path, String(index)]);
  } else if (isInputObjectType(type)) yield* objectProblems(type, value, path);
  else if (isEnumType(type)) {
    const names = type.getValues().map(({ name }) => name);
    if (typeof value !== 'string' || !names.includes(value))
      yield { path, text: `is ${shown(value)}, not one of ${names.join(', ').toLowerCase()}` };
  } else {
    const text = scalarProblem(type.name, value);
    if (text !== null) yield { path, text };
  }
}

function* objectProblems(
  type: GraphQLInputObjectType,
  value: unknown,
  path: readonly string[],
): Generator<ShapeProblem> {
  if (!isObject(value)) {
    yield { path, text: 'is not an object' };
    return;
  }
  const fields = type.getFields();
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(fields, name))
      yield { path: [...path, name], text: `is not a field; there are ${Object.keys(fields).join(', ')}` };
  }
  if (type.isOneOf && Object.keys(value).length !== 1)
    yield { path, text: `takes exactly one of ${Object.keys(fields).join(', ')}` };
  for (const [name, field] of Object.entries(fields))
    yield* problemsOf(field.type, value[name], [...path, name]);
}

const SCALARS: Readonly<Record<string, readonly [isOne: (value: unknown) => boolean, text: string]>> = {
  String: [(value) => typeof value === 'string', 'is not text'],
  ID: [(value) => typeof value === 'string', 'is not text'],
  Boolean: [(value) => typeof value === 'boolean', 'is neither true nor false'],
  Float: [(value) => typeof value === 'number', 'is not a number'],
  Int: [
    (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
    'is not a whole number below 2147483648',
  ],
  Integer: [Number.isSafeInteger, 'is not a whole number that JSON can carry'],
  DateTime: [(value) => parseInstant(value) !== null, 'is not an instant such as 2030-01-31T12:00:00Z'],
};

/** Null for what is right, and for scalars that take anything. */
function scalarProblem(name: string, value: unknown): string | null {
  const [isOne, text] = SCALARS[name] ?? [() => true, ''];
  return isOne(value) ? null : text;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
