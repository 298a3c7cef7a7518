/** Ollama's API, for documents. */
import { z } from 'zod';
import {
  CHAT_REQUEST,
  COPY_REQUEST,
  CREATE_REQUEST,
  DELETE_REQUEST,
  EMBED_REQUEST,
  EMBEDDING_REQUEST,
  GENERATE_REQUEST,
  PULL_REQUEST,
  SHOW_REQUEST,
} from '../../ollama-api/request-shapes.ts';
import {
  ANY_OBJECT,
  body,
  EMPTY,
  LINES_TYPE,
  type Operation,
  type Operations,
  schemaOf,
  whole,
  written,
} from './operation.ts';

const metrics = {
  done_reason: z.string().optional(),
  total_duration: z.int().optional().describe('Nanoseconds, as all durations here.'),
  load_duration: z.int().optional(),
  prompt_eval_count: z.int().optional(),
  prompt_eval_duration: z.int().optional(),
  eval_count: z.int().optional(),
  eval_duration: z.int().optional(),
};

const record = { model: z.string(), created_at: z.string(), done: z.boolean(), ...metrics };
const GENERATED = z.looseObject({
  ...record,
  response: z.string(),
  thinking: z.string().optional(),
  context: z.array(z.int()).optional(),
});
const SAID = z.looseObject({
  ...record,
  message: z.looseObject({
    role: z.string(),
    content: z.string(),
    thinking: z.string().optional(),
    tool_calls: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).optional(),
  }),
});
const details = z.looseObject({ format: z.string(), family: z.string(), parameter_size: z.string() });
const named = { name: z.string(), model: z.string(), size: z.int(), digest: z.string(), details };
const TAGS = z.object({ models: z.array(z.looseObject({ ...named, modified_at: z.string() })) });
const RUNNING = z.object({
  models: z.array(
    z.looseObject({ ...named, expires_at: z.string(), size_vram: z.int(), context_length: z.int() }),
  ),
});
const SHOWN = z.looseObject({ details, capabilities: z.array(z.string()).optional() });
const vector = z.array(z.number());
const EMBEDDED = z.looseObject({
  model: z.string(),
  embeddings: z.array(vector),
  prompt_eval_count: z.int().optional(),
});
const PROGRESS = z.looseObject({ status: z.string() });

const lines = (schema: z.ZodType) => {
  const each = schemaOf(schema, 'output');
  return whole(each, { type: LINES_TYPE, schema: { ...each, description: 'One a line.' } });
};

/** What a server without the makers' cloud refuses. */
const refused = (status: number, summary: string): Operation => ({
  summary,
  answers: { [status]: written(z.object({ error: z.string() })) },
});

const tags: Operation = { summary: 'The models on all backends', answers: { 200: written(TAGS) } };
const version: Operation = {
  summary: 'The lowest version of the backends',
  answers: { 200: written(z.object({ version: z.string() })) },
};

export const OLLAMA_OPERATIONS: Operations = {
  'POST /api/generate': {
    summary: 'Continue a prompt; without one, load the model',
    request: body(GENERATE_REQUEST, 'model'),
    answers: { 200: lines(GENERATED) },
    isJob: true,
  },
  'POST /api/chat': {
    summary: 'Continue a conversation; without messages, load the model',
    request: body(CHAT_REQUEST, 'model'),
    answers: { 200: lines(SAID) },
    isJob: true,
  },
  'POST /api/embed': {
    summary: 'Vectors of texts',
    request: body(EMBED_REQUEST, 'model'),
    answers: { 200: written(EMBEDDED) },
    isJob: true,
  },
  'POST /api/embeddings': {
    summary: 'The vector of a text',
    request: body(EMBEDDING_REQUEST, 'model'),
    answers: { 200: written(z.object({ embedding: vector })) },
    isJob: true,
  },
  'GET /api/tags': tags,
  'HEAD /api/tags': tags,
  'GET /api/ps': { summary: 'The models in memory', answers: { 200: written(RUNNING) } },
  'POST /api/show': {
    summary: 'What a model is',
    request: body(SHOW_REQUEST),
    answers: { 200: written(SHOWN) },
  },
  'POST /api/pull': {
    summary: 'Get a model',
    request: body(PULL_REQUEST),
    answers: { 200: lines(PROGRESS) },
  },
  'POST /api/push': {
    summary: 'Publish a model',
    request: body(PULL_REQUEST),
    answers: { 200: lines(PROGRESS) },
  },
  'POST /api/create': {
    summary: 'Make a model',
    request: body(CREATE_REQUEST),
    answers: { 200: lines(PROGRESS) },
  },
  'POST /api/copy': {
    summary: 'Give a model another name',
    request: body(COPY_REQUEST, 'source', 'destination'),
    answers: { 200: EMPTY },
  },
  'DELETE /api/delete': { summary: 'Delete a model', request: body(DELETE_REQUEST), answers: { 200: EMPTY } },
  'HEAD /api/blobs/:digest': { summary: 'Whether a file is there', answers: { 200: EMPTY, 404: EMPTY } },
  'POST /api/blobs/:digest': {
    summary: 'Bring a file of which a model is to be made',
    request: { 'application/octet-stream': {} },
    answers: { 200: EMPTY, 201: EMPTY },
  },
  'GET /api/version': version,
  'HEAD /api/version': version,
  'GET /api/status': {
    summary: 'Whether models of the makers’ cloud can be used',
    answers: { 200: written(z.object({ cloud: z.object({ disabled: z.boolean(), source: z.string() }) })) },
  },
  'GET /api/experimental/model-recommendations': {
    summary: 'None',
    answers: { 200: written(z.object({ recommendations: z.array(z.unknown()) })) },
  },
  'POST /api/me': refused(503, 'Refused: there is no account'),
  'POST /api/signout': refused(500, 'Refused: there is no account'),
  'DELETE /api/user/keys/:key': refused(500, 'Refused: there is no account'),
  'POST /api/experimental/web_search': {
    ...refused(403, 'Refused'),
    request: { 'application/json': ANY_OBJECT },
  },
  'POST /api/experimental/web_fetch': {
    ...refused(403, 'Refused'),
    request: { 'application/json': ANY_OBJECT },
  },
};
