const ESCAPED = /[<>&\u2028\u2029]/g;

/** JSON as Go's encoder writes it: `<`, `>`, `&` and the two line separators escaped, and however deep it is. */
export function stringifyGo(value: unknown): string {
  return stringifyDeep(value).replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `JSON.stringify` for values of any depth: it fails by recursion at a few thousand levels, where Go takes 10,000. */
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

/** A time as Go prints it in JSON: RFC 3339 in UTC, without trailing zeros. */
export function goTime(epochMs: number): string {
  const whole = Math.floor(epochMs);
  const fraction = Math.round((epochMs - whole) * 1e6);
  const iso = new Date(whole).toISOString();
  const nanoseconds = `${iso.slice(-4, -1)}${String(fraction).padStart(6, '0')}`.replace(/0+$/, '');
  return `${iso.slice(0, -5).replace(/^([+-])0*/, '')}${nanoseconds ? `.${nanoseconds}` : ''}Z`;
}
