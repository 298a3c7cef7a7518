/** What Ollama's own requests can say and the other APIs cannot: taken from their bodies, too, as many programs send it. */
import { type Field, go } from '../../ollama-api/go-decode.ts';
import { keepAlive } from '../../ollama-api/request-fields.ts';

/** A field that an API does not have, so that its server ignores it, whatever it is: taken where it makes sense. */
export function extension<T>(item: Field<T>): Field<T | undefined> {
  return {
    zero: undefined,
    schema: item.schema,
    decode(json) {
      try {
        return go.unmarshal(item, json);
      } catch {
        return undefined;
      }
    },
  };
}

export const beyondTheApi = {
  num_ctx: extension(go.int()),
  keep_alive: extension(keepAlive()),
  options: extension(go.map()),
  truncate: extension(go.bool()),
} as const;

/** As OpenRouter has it: models in order of preference. */
export const namesModels = { models: extension(go.list(go.string(), '[]string')) } as const;
