/** Anthropic's API, with its batches, for documents. */
import { z } from 'zod';
import { CONVERSATION, MESSAGES_REQUEST } from '../anthropic/shapes.ts';
import {
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

const MESSAGE = z.looseObject({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  content: z.array(z.looseObject({ type: z.string() })),
  stop_reason: z.string(),
  usage: z.looseObject({ input_tokens: z.int(), output_tokens: z.int() }),
});
const instant = z.string().nullable();
const BATCH = z.object({
  id: z.string(),
  type: z.literal('message_batch'),
  processing_status: z.enum(['in_progress', 'canceling', 'ended']),
  request_counts: z.object({
    processing: z.int(),
    succeeded: z.int(),
    errored: z.int(),
    canceled: z.int(),
    expired: z.int(),
  }),
  created_at: z.string(),
  expires_at: z.string(),
  ended_at: instant,
  cancel_initiated_at: instant,
  archived_at: instant,
  results_url: z.string().nullable(),
});

const batch: Operation = { summary: 'A batch of messages', answers: { 200: written(BATCH) } };
const results: Operation = {
  summary: 'What came of each request of an ended batch, one a line',
  answers: { 200: { 'application/x-jsonl': TEXT } },
};

export const ANTHROPIC_OPERATIONS: Operations = {
  'POST /v1/messages': {
    summary: 'Continue a conversation',
    request: body(MESSAGES_REQUEST, 'model', 'messages', 'max_tokens'),
    answers: {
      200: whole(schemaOf(MESSAGE, 'output'), {
        type: EVENTS_TYPE,
        schema: { ...TEXT, description: 'From message_start to message_stop.' },
      }),
    },
    isJob: true,
  },
  'POST /v1/messages/count_tokens': {
    summary: 'About how many tokens a conversation has',
    request: body(CONVERSATION, 'model', 'messages'),
    answers: { 200: written(z.object({ input_tokens: z.int() })) },
  },
  'POST /v1/messages/batches': {
    ...batch,
    summary: 'Run many requests',
    request: json({
      type: 'object',
      properties: {
        requests: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: {
              custom_id: { ...TEXT, pattern: '^[\\w-]{1,64}$' },
              params: { type: 'object', description: 'A request of /v1/messages.' },
            },
            required: ['custom_id', 'params'],
          },
        },
      },
      required: ['requests'],
    }),
  },
  'GET /v1/messages/batches': {
    summary: 'The batches of the caller',
    query: { after_id: TEXT, before_id: TEXT, limit: { type: 'integer', minimum: 1, maximum: 1_000 } },
    answers: {
      200: written(
        z.object({
          data: z.array(BATCH),
          has_more: z.boolean(),
          first_id: z.string().nullable(),
          last_id: z.string().nullable(),
        }),
      ),
    },
  },
  'GET /v1/messages/batches/:id': batch,
  'DELETE /v1/messages/batches/:id': {
    summary: 'Delete an ended batch',
    answers: { 200: written(z.object({ id: z.string(), type: z.literal('message_batch_deleted') })) },
  },
  'POST /v1/messages/batches/:id/cancel': { ...batch, summary: 'Cancel a batch' },
  'GET /v1/messages/batches/:id/results': results,
  'HEAD /v1/messages/batches/:id/results': results,
};
