/** The request of `/v1/responses`, field by field. Names and types are Go's, as its server tells them where a value is of another one. */

import { type Decoded, decodeBody, type Field, go, type Shape } from '../../../ollama-api/go-decode.ts';
import { think } from '../../../ollama-api/request-fields.ts';
import { beyondTheApi, extension } from '../../shared/beyond-the-api.ts';
import { input } from './input.ts';

const struct = <S extends Shape>(name: string, shape: S) => go.struct(name, shape, `openai.${name}`);

export interface Tool {
  readonly type: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly strict: boolean | undefined;
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
  /** Of a namespace. */
  readonly tools: readonly Tool[] | undefined;
}

const tools: Field<readonly Tool[] | undefined> = go.list(
  struct('ResponsesTool', {
    type: go.string(),
    name: go.string(),
    description: go.pointer(go.string()),
    strict: go.bool(),
    parameters: go.pointer(go.map()),
    tools: go.lazy<readonly Tool[] | undefined>(undefined, () => tools),
  }),
  '[]openai.ResponsesTool',
);

export const RESPONSES_REQUEST = {
  model: go.string(),
  background: go.bool(),
  conversation: go.raw(),
  include: go.list(go.string(), '[]string'),
  input: input(),
  instructions: go.string(),
  max_output_tokens: go.pointer(go.int()),
  reasoning: struct('ResponsesReasoning', {
    effort: go.string(),
    generate_summary: go.string(),
    summary: go.string(),
  }),
  temperature: go.pointer(go.float('float64')),
  text: go.pointer(
    struct('ResponsesText', {
      format: go.pointer(
        struct('ResponsesTextFormat', {
          type: go.string(),
          name: go.string(),
          /** As it was written. */
          schema: go.raw(),
          strict: go.bool(),
        }),
      ),
    }),
  ),
  top_p: go.pointer(go.float('float64')),
  truncation: go.pointer(go.string()),
  tools,
  stream: go.bool(),
  // OpenAI has this, and Ollama does not know it.
  tool_choice: extension(go.any()),
  think: extension(think()),
  ...beyondTheApi,
} as const;
export type ResponsesRequest = Decoded<typeof RESPONSES_REQUEST>;

/** @throws OllamaError 400 with Go's text */
export function readResponses(body: string): ResponsesRequest {
  return decodeBody('ResponsesRequest', RESPONSES_REQUEST, body, { package: 'openai', missing: 'EOF' });
}

export const RESPONSES_BODY = { name: 'openai responses', decode: readResponses };
