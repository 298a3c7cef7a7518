/** OpenAI's API, with its files and batches, for documents. */
import { z } from 'zod';
import { RESPONSES_REQUEST } from '../openai/responses/shapes.ts';
import { CHAT_COMPLETION_REQUEST, COMPLETION_REQUEST, EMBED_REQUEST } from '../openai/shapes.ts';
import {
  ANY_OBJECT,
  body,
  EVENTS_TYPE,
  json,
  type Operation,
  type Operations,
  schemaOf,
  TEXT,
  whole,
  written,
} from './operation.ts';

const usage = z.looseObject({ prompt_tokens: z.int(), total_tokens: z.int() });
const common = { id: z.string(), created: z.int(), model: z.string() };
const choice = { index: z.int(), finish_reason: z.string().nullable() };
const CHAT_COMPLETION = z.looseObject({
  ...common,
  object: z.literal('chat.completion'),
  choices: z.array(
    z.looseObject({
      ...choice,
      message: z.looseObject({
        role: z.string(),
        content: z.string(),
        reasoning: z.string().optional(),
        tool_calls: z
          .array(
            z.object({
              id: z.string(),
              index: z.int(),
              type: z.literal('function'),
              function: z.object({ name: z.string(), arguments: z.string().describe('JSON.') }),
            }),
          )
          .optional(),
      }),
    }),
  ),
  usage: usage.optional(),
});
const COMPLETION = z.looseObject({
  ...common,
  object: z.literal('text_completion'),
  choices: z.array(z.looseObject({ ...choice, text: z.string() })),
  usage: usage.optional(),
});
const EMBEDDINGS = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      object: z.literal('embedding'),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string()]).describe('Text: 32-bit numbers as base64.'),
    }),
  ),
  model: z.string(),
  usage,
});
const RESPONSE = z.looseObject({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.int(),
  model: z.string(),
  status: z.enum(['in_progress', 'completed', 'failed']),
  output: z.array(z.looseObject({ id: z.string(), type: z.string() })),
  usage: z.looseObject({ input_tokens: z.int(), output_tokens: z.int() }).nullable(),
});
const MODEL = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
});
const FILE = z.looseObject({
  id: z.string(),
  object: z.literal('file'),
  bytes: z.int(),
  created_at: z.int(),
  filename: z.string(),
  purpose: z.string(),
});
const instant = z.int().nullish().describe('Epoch seconds.');
const BATCH = z.looseObject({
  id: z.string(),
  object: z.literal('batch'),
  endpoint: z.string(),
  input_file_id: z.string(),
  completion_window: z.string(),
  status: z.enum([
    'validating',
    'failed',
    'in_progress',
    'finalizing',
    'completed',
    'expired',
    'cancelling',
    'cancelled',
  ]),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
  created_at: z.int(),
  completed_at: instant,
  expires_at: instant,
  request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }).nullish(),
});
const listOf = (item: z.ZodType) =>
  z.looseObject({ object: z.literal('list'), data: z.array(item), has_more: z.boolean() });

const events = (schema: z.ZodType) =>
  whole(schemaOf(schema, 'output'), {
    type: EVENTS_TYPE,
    schema: { ...TEXT, description: 'Chunks or events as JSON.' },
  });

const paging = { after: TEXT, limit: { type: 'integer', minimum: 1 } };
const file: Operation = { summary: 'A file', answers: { 200: written(FILE) } };
const content: Operation = {
  summary: 'What a file holds',
  answers: { 200: { 'application/octet-stream': {} } },
};
const batch: Operation = { summary: 'A batch', answers: { 200: written(BATCH) } };

export const OPENAI_OPERATIONS: Operations = {
  'POST /v1/chat/completions': {
    summary: 'Continue a conversation',
    request: body(CHAT_COMPLETION_REQUEST, 'model', 'messages'),
    answers: { 200: events(CHAT_COMPLETION) },
    isJob: true,
  },
  'POST /v1/completions': {
    summary: 'Continue a text',
    request: body(COMPLETION_REQUEST, 'model', 'prompt'),
    answers: { 200: events(COMPLETION) },
    isJob: true,
  },
  'POST /v1/responses': {
    summary: 'Continue a conversation of items. Nothing is kept of it',
    request: body(RESPONSES_REQUEST, 'model', 'input'),
    answers: { 200: events(RESPONSE) },
    isJob: true,
  },
  'POST /v1/embeddings': {
    summary: 'Vectors of texts',
    request: body(EMBED_REQUEST, 'model', 'input'),
    answers: { 200: written(EMBEDDINGS) },
    isJob: true,
  },
  'POST /v1/audio/transcriptions': {
    summary: 'What is said in a sound',
    request: {
      'multipart/form-data': {
        type: 'object',
        properties: {
          file: { ...TEXT, contentMediaType: 'audio/*' },
          model: TEXT,
          language: TEXT,
          prompt: TEXT,
          response_format: TEXT,
        },
        required: ['file', 'model'],
      },
    },
    answers: { 200: { ...written(z.looseObject({ text: z.string() })), 'text/plain': TEXT } },
    isJob: true,
  },
  'GET /v1/models': {
    summary: 'The models on all backends',
    answers: { 200: written(z.object({ object: z.literal('list'), data: z.array(MODEL) })) },
  },
  'GET /v1/models/:model': { summary: 'A model', answers: { 200: written(MODEL) } },
  'POST /v1/files': {
    summary: 'Upload requests of a batch',
    request: {
      'multipart/form-data': {
        type: 'object',
        properties: { file: { ...TEXT, contentMediaType: 'application/jsonl' }, purpose: { const: 'batch' } },
        required: ['file', 'purpose'],
      },
    },
    answers: { 200: written(FILE) },
  },
  'GET /v1/files': {
    summary: 'The files of the caller',
    query: { ...paging, purpose: TEXT, order: { enum: ['asc', 'desc'] } },
    answers: { 200: written(listOf(FILE)) },
  },
  'GET /v1/files/:id': file,
  'GET /v1/files/:id/content': content,
  'HEAD /v1/files/:id/content': content,
  'DELETE /v1/files/:id': {
    summary: 'Delete a file',
    answers: { 200: written(z.object({ id: z.string(), object: z.literal('file'), deleted: z.boolean() })) },
  },
  'POST /v1/batches': {
    summary: 'Run the requests of a file',
    request: json({
      type: 'object',
      properties: {
        input_file_id: TEXT,
        endpoint: TEXT,
        completion_window: { ...TEXT, description: 'Any duration from 1m to 30d.' },
        metadata: { ...ANY_OBJECT, additionalProperties: TEXT },
      },
      required: ['input_file_id', 'endpoint', 'completion_window'],
    }),
    answers: { 200: written(BATCH) },
  },
  'GET /v1/batches': {
    summary: 'The batches of the caller',
    query: paging,
    answers: { 200: written(listOf(BATCH)) },
  },
  'GET /v1/batches/:id': batch,
  'POST /v1/batches/:id/cancel': { ...batch, summary: 'Cancel a batch' },
};
