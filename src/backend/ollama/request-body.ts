/** Jobs in Ollama's words. */
import type { RunRequest } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { RUNNER_OPTION_NAMES, type RunnerOptions } from '../../domain/model.ts';
import type { BlobHash, ChatMessage, ModelOptions, ThinkLevel } from '../../domain/request.ts';
import type { Call } from './connection.ts';
import { namedOptions } from './load.ts';

const THINK = {
  OFF: false,
  ON: true,
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
  MAX: 'max',
} as const satisfies Record<ThinkLevel, boolean | string>;

/**
 * The call for a job on an instance with these runner options. They are in every request, because a request without them means
 * the server's defaults and would make it reload. There is never a `keep_alive`: the one set by the load stays.
 */
export function runCall({ modelName, request, blobs }: RunRequest, runner: RunnerOptions): Call {
  const common = { model: modelName, options: requestOptions(request.options, runner) };
  switch (request.kind) {
    case 'GENERATE':
      return {
        endpoint: '/api/generate',
        body: {
          ...common,
          stream: true,
          prompt: request.prompt,
          system: request.system,
          suffix: request.suffix,
          raw: request.raw,
          truncate: request.truncate,
          format: request.format,
          think: request.think && THINK[request.think],
          images: request.images && base64Of(request.images, blobs),
        },
      };
    case 'CHAT':
      return {
        endpoint: '/api/chat',
        body: {
          ...common,
          stream: true,
          messages: request.messages.map((message) => chatMessage(message, blobs)),
          tools: request.tools,
          truncate: request.truncate,
          format: request.format,
          think: request.think && THINK[request.think],
        },
      };
    case 'EMBED':
      return {
        endpoint: '/api/embed',
        body: {
          ...common,
          input: request.input,
          truncate: request.truncate,
          dimensions: request.dimensions,
        },
      };
  }
}

function requestOptions(options: ModelOptions | undefined, runner: RunnerOptions): JsonObject {
  const extra = { ...options?.extra };
  for (const name of RUNNER_OPTION_NAMES) delete extra[name];
  return {
    ...extra,
    num_predict: options?.maxTokens ?? extra.num_predict,
    seed: options?.seed ?? extra.seed,
    temperature: options?.temperature ?? extra.temperature,
    ...namedOptions(runner),
  };
}

function chatMessage(message: ChatMessage, blobs: RunRequest['blobs']): JsonObject {
  return {
    role: message.role.toLowerCase(),
    content: message.content,
    images: message.images && base64Of(message.images, blobs),
    tool_calls: message.toolCalls,
    tool_name: message.toolName,
  };
}

function base64Of(hashes: readonly BlobHash[], blobs: RunRequest['blobs']): readonly string[] {
  return hashes.map((hash) => {
    const bytes = blobs.get(hash);
    if (!bytes)
      throw new BackendError('REQUEST_REJECTED', 'none', `The image ${hash} is lost. Submit the job again.`);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  });
}
