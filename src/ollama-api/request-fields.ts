/** The types of Ollama's requests that decode themselves, or that Go decodes in a way of their own. */
import { badBase64At } from './base64.ts';
import { parseKeepAlive } from './duration.ts';
import { type Field, go } from './go-decode.ts';
import { quoteGo } from './go-quote.ts';

/** `keep_alive` in milliseconds; undefined where the request has none. */
export function keepAlive(): Field<number | undefined> {
  const schema = { type: ['string', 'number'], description: 'Seconds, or a duration such as 5m.' };
  return go.own<number | undefined>(undefined, schema, (json) =>
    parseKeepAlive(go.unmarshal(go.any(), json)),
  );
}

const LEVELS = ['high', 'medium', 'low', 'max'] as const;
export type Think = boolean | (typeof LEVELS)[number];

const CHOICES = '"high", "medium", "low", "max", true, or false';

export function think(): Field<Think | undefined> {
  return go.own<Think | undefined>(undefined, { enum: [true, false, ...LEVELS] }, (json) => {
    const value = json.kind === 'bool' || json.kind === 'string' ? json.value() : undefined;
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'string') throw new Error(`think must be a boolean or string (${CHOICES})`);
    const level = LEVELS.find((each) => each === value);
    if (level) return level;
    throw new Error(`invalid think value: ${quoteGo(value)} (must be ${CHOICES})`);
  });
}

const IMAGE_TYPE = 'api.ImageData';

/** An image as base64. Go takes a list of bytes, too. */
export function image(): Field<string> {
  const text = go.string(IMAGE_TYPE);
  const bytes = go.list(go.uint8(), IMAGE_TYPE);
  return {
    zero: '',
    schema: {
      anyOf: [{ ...text.schema, contentEncoding: 'base64' }, bytes.schema],
    },
    decode: (json, place) => {
      if (json.kind === 'array') return Buffer.from(bytes.decode(json, place) ?? []).toString('base64');
      const value = text.decode(json, place);
      const at = badBase64At(value);
      if (at !== undefined) place.save(new Error(`illegal base64 data at input byte ${at}`));
      return value;
    },
  };
}

/** A schema's `type`: a text, or a list of them. */
function propertyType(): Field<unknown> {
  const list = go.list(go.string(), '[]string');
  return go.own<unknown>(undefined, { anyOf: [{ type: 'string' }, list.schema] }, (json) =>
    json.kind === 'string' ? json.value() : go.unmarshal(list, json),
  );
}

const toolProperty: Field<unknown> = go.struct('ToolProperty', {
  anyOf: go.list(
    go.lazy<unknown>(undefined, () => toolProperty),
    '[]api.ToolProperty',
  ),
  type: propertyType(),
  items: go.any(),
  description: go.string(),
  enum: go.list(go.any(), '[]interface {}'),
  properties: go.orderedMap(go.lazy<unknown>(undefined, () => toolProperty)),
  required: go.list(go.string(), '[]string'),
});

/** What a tool takes: a JSON Schema as it was sent, so far as Ollama knows schemas. */
export function toolParameters(): Field<unknown> {
  return go.checked(
    go.struct('ToolFunctionParameters', {
      type: go.string(),
      $defs: go.any(),
      items: go.any(),
      required: go.list(go.string(), '[]string'),
      properties: go.orderedMap(toolProperty),
    }),
  );
}

/** What a tool is called with: an object, never a text that holds one. */
export const toolArguments = () => go.orderedMap(go.any());
