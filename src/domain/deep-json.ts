/**
 * JSON of any depth. `structuredClone` and `JSON.stringify` work by recursion and fail at a few thousand levels, where Go takes 10,000; so what lies
 * deeper than anything means travels and rests as its text.
 */

/** The one field of an object that stands for the JSON of this text. */
const TEXT = '$deepJson';
/** A field that a caller named like this one rests with one `$` more in its name, so that nobody can write what stands for a text. */
const NAMED_ALIKE = /^\$+deepJson$/;

/** What lies `levels` deep becomes its text, for `withDeepJson`. Only lists and plain objects are looked into. */
export function withDeepAsText<T>(value: T, levels: number): T {
  return isPlainWithin(value, levels) ? value : deepAsText(value, levels);
}

function deepAsText<T>(value: T, levels: number): T {
  if (!isContainer(value)) return value;
  if (levels <= 0) return { [TEXT]: stringifyDeep(value) } as T;
  return mapped(
    value,
    (inner) => deepAsText(inner, levels - 1),
    (key) => (NAMED_ALIKE.test(key) ? `$${key}` : key),
  ) as T;
}

/** The opposite: any JSON comes back as it was, whatever fields of what has rested were put into other objects meanwhile. */
export function withDeepJson<T>(value: T): T {
  return isPlainWithin(value, Number.POSITIVE_INFINITY) ? value : deepJson(value);
}

function deepJson<T>(value: T): T {
  if (!isContainer(value)) return value;
  const text = TEXT in value ? value[TEXT] : undefined;
  if (typeof text === 'string') return JSON.parse(text) as T;
  return mapped(value, deepJson, (key) => (NAMED_ALIKE.test(key) ? key.slice(1) : key)) as T;
}

/** Nearly all JSON: nothing of it lies deeper, and no name in it is one of those above, so that it is the same at rest. */
function isPlainWithin(value: unknown, levels: number): boolean {
  if (!isContainer(value)) return true;
  if (levels <= 0) return false;
  if (isList(value)) return value.every((inner) => isPlainWithin(inner, levels - 1));
  for (const key of Object.keys(value))
    if (key.startsWith('$') || !isPlainWithin(value[key], levels - 1)) return false;
  return true;
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

const isList = (container: Container): container is readonly unknown[] => Array.isArray(container);

function isContainer(value: unknown): value is Container {
  if (Array.isArray(value)) return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value))
  );
}

function mapped(
  container: Container,
  map: (inner: unknown) => unknown,
  rename: (key: string) => string,
): Container {
  if (isList(container)) return container.map((inner) => map(inner));
  return Object.fromEntries(Object.entries(container).map(([key, inner]) => [rename(key), map(inner)]));
}
