/**
 * JSON of any depth. `structuredClone` and `JSON.stringify` work by recursion and fail at a few thousand levels, where Go takes 10,000; so what lies
 * deeper than anything means travels and rests as its text.
 */

/** The one field of an object that stands for the JSON of this text. */
const TEXT = '$deepJson';

/**
 * What lies `levels` deep becomes its text, in an object that `withDeepJson` knows. Only lists and plain objects are looked into. What is an
 * object of this kind already stays so.
 */
export function withDeepAsText<T>(value: T, levels: number): T {
  if (!isContainer(value) || deepText(value) !== null) return value;
  if (levels <= 0) return { [TEXT]: stringifyDeep(value) } as T;
  return mapped(value, (inner) => withDeepAsText(inner, levels - 1)) as T;
}

/** The opposite. */
export function withDeepJson<T>(value: T): T {
  if (!isContainer(value)) return value;
  const text = deepText(value);
  if (text !== null) return parsed(text, value) as T;
  return mapped(value, withDeepJson) as T;
}

/** `JSON.stringify` for values of any depth. */
export function stringifyDeep(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return stringifyByStack(value);
  }
}

/** What is still to be written: a piece of text, or a value. */
type Rest = { readonly text: string } | { readonly value: unknown };

function stringifyByStack(value: unknown): string {
  const written: string[] = [];
  const rest: Rest[] = [{ value }];
  for (let next = rest.pop(); next; next = rest.pop()) {
    if ('text' in next) written.push(next.text);
    else if (next.value === null || typeof next.value !== 'object')
      written.push(JSON.stringify(next.value) ?? 'null');
    else for (const part of partsOf(next.value).reverse()) rest.push(part);
  }
  return written.join('');
}

function partsOf(container: object): Rest[] {
  const isList = Array.isArray(container);
  const entries = Object.entries(container).filter(([, value]) => isList || value !== undefined);
  const members = entries.flatMap(([key, value], at): Rest[] => [
    { text: `${at > 0 ? ',' : ''}${isList ? '' : `${JSON.stringify(key)}:`}` },
    { value },
  ]);
  return [{ text: isList ? '[' : '{' }, ...members, { text: isList ? ']' : '}' }];
}

type Container = readonly unknown[] | Readonly<Record<string, unknown>>;

function isContainer(value: unknown): value is Container {
  if (Array.isArray(value)) return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value))
  );
}

function mapped(container: Container, map: (inner: unknown) => unknown): Container {
  if (Array.isArray(container)) return container.map(map);
  return Object.fromEntries(Object.entries(container).map(([key, inner]) => [key, map(inner)]));
}

function deepText(value: Container): string | null {
  if (Array.isArray(value) || Object.keys(value).length !== 1) return null;
  const text = (value as Readonly<Record<string, unknown>>)[TEXT];
  return typeof text === 'string' ? text : null;
}

/** A caller may have written such an object, with any text. */
function parsed(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}
