import { wordAt } from './text.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Schemas refer to themselves; deeper than this the sample stays empty. */
const DEEPEST = 8;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(schema: Schema): string {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (typeof type === 'string') return type;
  if (isSchema(schema.properties)) return 'object';
  return isSchema(schema.items) ? 'array' : 'string';
}

/** A value that satisfies the usual keywords of a JSON Schema: always the same for the same number. */
export function sampleOfSchema(schema: 'json' | Schema, hash: number, depth = 0): unknown {
  const word = () => wordAt(hash + depth, 0);
  if (schema === 'json') return { answer: `${word()}${wordAt(hash, 1)}${wordAt(hash, 2)}` };
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[hash % schema.enum.length];
  for (const name of ['anyOf', 'oneOf', 'allOf']) {
    const choices = schema[name];
    if (Array.isArray(choices) && isSchema(choices[0])) return sampleOfSchema(choices[0], hash, depth + 1);
  }
  switch (typeOf(schema)) {
    case 'object': {
      if (depth >= DEEPEST) return {};
      // An object without named properties may be anything.
      if (!isSchema(schema.properties))
        return schema.additionalProperties === false ? {} : sampleOfSchema('json', hash);
      return Object.fromEntries(
        Object.entries(schema.properties).map(([name, property], index) => [
          name,
          sampleOfSchema(isSchema(property) ? property : {}, hash + index, depth + 1),
        ]),
      );
    }
    case 'array': {
      const count = depth < DEEPEST ? Math.max(1, Number(schema.minItems ?? 1)) : 0;
      const items = isSchema(schema.items) ? schema.items : {};
      return Array.from({ length: count }, (_, i) => sampleOfSchema(items, hash + i, depth + 1));
    }
    case 'integer':
      return Math.max(Number(schema.minimum ?? 0), hash % Math.max(1, Number(schema.maximum ?? 100)));
    case 'number':
      return Math.max(Number(schema.minimum ?? 0), (hash % 100) / 2);
    case 'boolean':
      return hash % 2 === 0;
    case 'null':
      return null;
    default:
      return word();
  }
}
