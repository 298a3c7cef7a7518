/** So many objects or lists in each other. */
export function nested(levels: number, of: 'objects' | 'lists' = 'objects'): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = of === 'lists' ? [value] : { a: value };
  return value;
}
