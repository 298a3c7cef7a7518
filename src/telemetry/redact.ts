/** Keeps what people ask and what models answer out of the log, whoever puts it there. */
import { loggedMessage, loggedStack } from '../domain/errors.ts';

/** Names under which requests, results and transports carry content or secrets. */
const CONTENT = new Set(
  [
    'prompt',
    'prompts',
    'system',
    'suffix',
    'messages',
    'content',
    'images',
    'image',
    'input',
    'inputs',
    'request',
    'query',
    'variables',
    'text',
    'thinking',
    'output',
    'outputs',
    'response',
    'result',
    'results',
    'embedding',
    'embeddings',
    'raw',
    'toolCalls',
    'tool_calls',
    'tools',
    'metadata',
    'body',
    'chunk',
    'key',
    'apiKey',
    'authorization',
    'cookie',
    'password',
    'token',
  ].map((name) => name.toLowerCase()),
);

const HIDDEN = '[hidden]';
const DEEPEST = 6;

/** The fields with everything hidden that carries content, at any depth; errors as name, code and message. */
export function withoutContent(fields: Record<string, unknown>): Record<string, unknown> {
  return hideIn(fields, 0);
}

function hideIn(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      CONTENT.has(name.toLowerCase()) && value !== null && value !== undefined
        ? HIDDEN
        : plain(value, depth + 1),
    ]),
  );
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Error) return errorFields(value, depth);
  // Bytes are content, and a structure this deep is not a field of a log line.
  if (ArrayBuffer.isView(value) || depth > DEEPEST) return HIDDEN;
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name} of ${value.size}`;
  if (value instanceof URL) return value.origin + value.pathname;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  return hideIn(value, depth);
}

/** The stack only where the error has no code, that is, where it is a mistake of ours. */
function errorFields(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: error.name,
    ...(code === undefined ? { stack: loggedStack(error) } : { code }),
    message: loggedMessage(error),
    ...(error.cause === undefined || depth > DEEPEST ? {} : { cause: plain(error.cause, depth + 1) }),
  };
}
