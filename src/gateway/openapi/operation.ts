/** What documents say of one route. */
import { z } from 'zod';
import { objectSchema, type Shape } from '../../ollama-api/go-decode.ts';
import type { JsonSchema } from '../../ollama-api/json-schema.ts';

export interface Operation {
  readonly summary: string;
  readonly query?: Readonly<Record<string, JsonSchema>>;
  readonly request?: Content;
  readonly answers: Readonly<Record<number, Content>>;
  /** It waits for a job, which the headers of its request and answer are about. */
  readonly isJob?: boolean;
  /** Answered without a key where keys are needed. */
  readonly isOpen?: boolean;
}

/** A body by its types. */
export type Content = Readonly<Record<string, JsonSchema>>;

/** `METHOD path`, with `:name` for a segment that varies, to what is said of it. */
export type Operations = Readonly<Record<string, Operation>>;

export const EMPTY: Content = {};
export const JSON_TYPE = 'application/json';
export const LINES_TYPE = 'application/x-ndjson';
export const EVENTS_TYPE = 'text/event-stream';

export const TEXT: JsonSchema = { type: 'string' };
export const ANY_OBJECT: JsonSchema = { type: 'object' };

/** @param io whether it is read, or written */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

export function json(schema: JsonSchema): Content {
  return { [JSON_TYPE]: schema };
}

/** The fields that the decoder of a body has, of which these must be there. */
export function body(shape: Shape, ...required: readonly string[]): Content {
  return json({ ...objectSchema(shape), ...(required.length > 0 && { required }) });
}

export function written(schema: z.ZodType): Content {
  return json(schemaOf(schema, 'output'));
}

/** One object, or the same and more piece by piece where the request wants a stream. */
export function whole(
  schema: JsonSchema,
  stream: { readonly type: string; readonly schema: JsonSchema },
): Content {
  return { ...json(schema), [stream.type]: stream.schema };
}
