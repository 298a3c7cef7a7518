/** A value that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/**
 * Levels of lists and objects in each other, in any JSON that is taken in. Tool schemas and answers need some ten. `structuredClone` and
 * `JSON.stringify` work by recursion and fail at a few thousand, fewer where the stack is deep already; `JSON.parse` does not fail at all.
 */
export const DEEPEST_JSON = 64;

export interface JsonProblem {
  /** From the value itself; cut off where it is long. */
  readonly path: readonly string[];
  /** Goes on after the name of the value: "must …". */
  readonly message: string;
}

/**
 * Levels that a thread can hand to another: a message is written by recursion. Far more than any field may have, so that what is cut here is
 * still refused, by its field.
 */
const DEEPEST_MESSAGE = 1_000;

const LONGEST_PATH = 8;

/** Why a value is not JSON that can be taken in; null when it is. The one rule for it, wherever JSON comes from. */
export function jsonProblem(value: unknown): JsonProblem | null {
  return problemAt(value, 0);
}

function problemAt(value: unknown, level: number): JsonProblem | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : { path: [], message: 'must be a finite number.' };
    case 'object': {
      if (value === null) return null;
      if (level >= DEEPEST_JSON)
        return { path: [], message: `must be nested at most ${DEEPEST_JSON} levels deep.` };
      if (!Array.isArray(value) && !isPlain(value))
        return {
          path: [],
          message: 'must be plain JSON: objects, lists, texts, numbers, true, false or null.',
        };
      return problemWithin(value, level);
    }
    default:
      return { path: [], message: `must be JSON, which has no ${typeof value}.` };
  }
}

function problemWithin(container: object, level: number): JsonProblem | null {
  const isList = Array.isArray(container);
  const values = container as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(container)) {
    const inner = values[key];
    // A field that is undefined is left out; in a list it would become null.
    if (inner === undefined && !isList) continue;
    const problem = problemAt(inner, level + 1);
    if (problem) return { ...problem, path: level < LONGEST_PATH ? [key, ...problem.path] : [] };
  }
  return null;
}

/**
 * Freshly parsed JSON without what lies deeper than a message can carry; the value is changed in place. Level by level, as recursion would
 * fail where it is needed.
 */
export function cutForMessage(value: unknown): unknown {
  let containers = [value].filter(isContainer);
  for (let level = 1; containers.length > 0; level += 1) {
    const inner: Container[] = [];
    for (const container of containers) {
      for (const [key, child] of Object.entries(container)) {
        if (!isContainer(child)) continue;
        if (level < DEEPEST_MESSAGE) inner.push(child);
        else container[key] = null;
      }
    }
    containers = inner;
  }
  return value;
}

/** Objects and lists alike, by their keys. */
type Container = Record<string, unknown>;

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** Of whatever realm: its prototype is none, or one that has none itself. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** JSON without the fields that are undefined, which stand for absent ones. Texts are shared, so what is long costs nothing. */
export function withoutAbsent(value: unknown): Json {
  if (value === null || typeof value !== 'object') return value as Json;
  if (Array.isArray(value)) return value.map(withoutAbsent);
  const present = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(present.map(([key, inner]) => [key, withoutAbsent(inner)]));
}

/** JSON with object keys sorted at every depth: equal values give equal text, whatever order the caller wrote them in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
