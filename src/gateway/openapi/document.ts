/** The OpenAPI document of the drop-in APIs. Its routes are those of the tables that answer them, so that none can be left out. */
import type { JsonSchema } from '../../ollama-api/json-schema.ts';
import { ANTHROPIC_OPERATIONS } from './anthropic-operations.ts';
import { OLLAMA_OPERATIONS } from './ollama-operations.ts';
import { OPENAI_OPERATIONS } from './openai-operations.ts';
import { ANY_OBJECT, json, type Operation, type Operations, TEXT } from './operation.ts';
import { REST_OPERATIONS } from './rest-operations.ts';

export const DOCUMENT_PATH = '/api/openapi.json';

const SELF: Operations = {
  [`GET ${DOCUMENT_PATH}`]: { summary: 'This document', answers: { 200: json(ANY_OBJECT) }, isOpen: true },
};

const APIS: readonly { readonly tag: string; readonly about: string; readonly operations: Operations }[] = [
  {
    tag: 'ModelManager',
    about: 'A prompt is submitted, and asked for until it is done.',
    operations: REST_OPERATIONS,
  },
  { tag: 'Ollama', about: 'As Ollama serves it.', operations: OLLAMA_OPERATIONS },
  { tag: 'OpenAI', about: 'With files and batches.', operations: OPENAI_OPERATIONS },
  { tag: 'Anthropic', about: 'With batches of messages.', operations: ANTHROPIC_OPERATIONS },
  { tag: 'Document', about: 'What this server answers.', operations: SELF },
];

export interface TableRoute {
  readonly method: string;
  /** With `:name` for a segment that varies. */
  readonly path: string;
}

/** @throws Error for a route of which nothing is said, or that is no route */
export function openapiDocument(table: readonly TableRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  const unsaid = new Set(APIS.flatMap(({ operations }) => Object.keys(operations)));
  for (const { method, path } of table) {
    const key = `${method} ${path}`;
    const api = APIS.find(({ operations }) => Object.hasOwn(operations, key));
    const operation = api?.operations[key];
    if (!api || !operation) throw new Error(`Nothing is said of ${key}.`);
    unsaid.delete(key);
    const at = path.replace(/:(\w+)/g, '{$1}');
    paths[at] = { ...paths[at], [method.toLowerCase()]: operationObject(api.tag, path, operation) };
  }
  if (unsaid.size > 0) throw new Error(`No table has ${[...unsaid].join(', ')}.`);
  return {
    openapi: '3.1.0',
    info: {
      title: 'vramkeeper',
      version,
      description:
        'The drop-in APIs: requests become jobs of one queue. Fields that a request has beside these are ignored, and null is as absent. GraphQL is at /graphql.',
    },
    tags: APIS.map(({ tag, about }) => ({ name: tag, description: about })),
    security: [{ bearer: [] }, { header: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A key, where keys are configured.' },
        header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}

function operationObject(
  tag: string,
  path: string,
  { answers, isJob, isOpen, query, request, summary }: Operation,
): object {
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: TEXT })),
    ...Object.entries(query ?? {}).map(([name, schema]) => ({ name, in: 'query', schema })),
    ...(isJob
      ? Object.entries(JOB_REQUEST_HEADERS).map(([name, schema]) => ({ name, in: 'header', schema }))
      : []),
  ];
  const headers = isJob ? { headers: JOB_ANSWER_HEADERS } : {};
  const told = Object.entries(answers).map(([status, content]) => [
    status,
    {
      description: DESCRIPTIONS[status] ?? 'Refused.',
      ...(status === '200' && headers),
      ...mediaTypes(content),
    },
  ]);
  return {
    tags: [tag],
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(request && { requestBody: { required: true, ...mediaTypes(request) } }),
    responses: { ...Object.fromEntries(told), default: FAILED },
    ...(isOpen && { security: [] }),
  };
}

const DESCRIPTIONS: Readonly<Record<string, string>> = { 200: 'Done.', 201: 'Made.' };

const FAILED = { description: 'What went wrong, in the form of the API.' };

function mediaTypes(content: Readonly<Record<string, JsonSchema>>): object {
  const entries = Object.entries(content).map(([type, schema]) => [type, { schema }]);
  return entries.length > 0 ? { content: Object.fromEntries(entries) } : {};
}

const JOB_REQUEST_HEADERS: Readonly<Record<string, JsonSchema>> = {
  'X-Priority': { enum: ['high', 'normal', 'low'] },
  'X-Deadline': { ...TEXT, description: 'An instant, or seconds from now.' },
  'X-Idempotency-Key': { ...TEXT, maxLength: 128 },
  'X-Cache': { enum: ['use', 'none'] },
  'X-Fallback-Models': {
    ...TEXT,
    description: 'Other models that will do, the most liked first, separated by commas.',
  },
  'X-Fallback-After': { type: 'number', description: 'Seconds that the job would wait for a better one.' },
};

const told = (description: string, schema: JsonSchema = TEXT) => ({ description, schema });

const JOB_ANSWER_HEADERS = {
  'X-Job-Id': told('The job.'),
  'X-Queue-Position': told('Jobs before it when it was accepted, where it had to wait.', { type: 'integer' }),
  'X-Queue-Wait-Ms': told('From acceptance until it ran.', { type: 'integer' }),
};
