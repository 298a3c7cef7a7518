/**
 * What comes of a request of Ollama's API, once it is found good: a job, or a model that is to be loaded or let go of. Other APIs make their
 * requests into Ollama's, so that these checks hold for them too.
 */
import type { ModelDirectory } from '../../accept/accept.ts';
import { append } from '../../domain/long-lists.ts';
import { ModelRequiredError, modelNotFound, OllamaError, pullItFirst } from '../../ollama-api/errors.ts';
import type { Decoded } from '../../ollama-api/go-decode.ts';
import { withoutSource } from '../../ollama-api/model-name.ts';
import type { ChatRequest, EMBED_REQUEST, GenerateRequest } from '../../ollama-api/request-shapes.ts';
import { findModel, requireAble } from './find-model.ts';
import { chatJob, embedJob, generateJob, type RequestedJob } from './submissions.ts';

export interface LoadTask {
  readonly kind: 'load';
  /** As the request spelled it, but for where it runs. */
  readonly model: string;
  /** 0 lets go of it. */
  readonly keepAliveMs: number | undefined;
}

export type Task = LoadTask | { readonly kind: 'job'; readonly job: RequestedJob };

/** @throws OllamaError in the words of `/api/generate` */
export function generateTask(models: ModelDirectory, body: GenerateRequest): Task {
  checkTopLogprobs(body);
  const model = findModel(models, body.model, {
    empty: () => modelNotFound(body.model),
    missing: modelNotFound,
  });
  const isEmpty = body.prompt === '';
  if (isEmpty && body.keep_alive === 0) return loadTask(body);
  requireAble(model, body.model, {
    verb: 'generate',
    think: body.think,
    needs: body.suffix ? ['insert'] : [],
  });
  return isEmpty ? loadTask(body) : { kind: 'job', job: generateJob(body) };
}

/** @throws OllamaError in the words of `/api/chat` */
export function chatTask(models: ModelDirectory, body: ChatRequest): Task {
  checkTopLogprobs(body);
  const model = findModel(models, body.model, {
    empty: () => new ModelRequiredError(),
    missing: modelNotFound,
  });
  const isEmpty = !body.messages?.length;
  if (isEmpty && body.keep_alive === 0) return loadTask(body);
  requireAble(model, body.model, {
    verb: 'chat',
    think: body.think,
    needs: body.tools?.length ? ['tools'] : [],
  });
  return isEmpty ? loadTask(body) : { kind: 'job', job: chatJob(body) };
}

/** @throws OllamaError in the words of `/api/embed` */
export function embedTask(models: ModelDirectory, body: Decoded<typeof EMBED_REQUEST>): Task {
  const input: string[] = [];
  findModel(models, body.model, {
    empty: () => modelNotFound(body.model),
    missing: pullItFirst,
    beforeLookup: () => append(input, inputOf(body.input)),
  });
  return input.length === 0 ? loadTask(body) : { kind: 'job', job: embedJob(body, input) };
}

interface NamesModel {
  readonly model: string;
  readonly keep_alive: number | undefined;
}

export function loadTask({ model, keep_alive: keepAliveMs }: NamesModel): LoadTask {
  return { kind: 'load', model: withoutSource(model), keepAliveMs };
}

function checkTopLogprobs({ top_logprobs: count }: { readonly top_logprobs: number }): void {
  if (count < 0 || count > 20) throw new OllamaError(400, 'top_logprobs must be between 0 and 20');
}

/** @throws OllamaError 400 unless it is a text, or a list of texts */
function inputOf(input: unknown): readonly string[] {
  if (input === undefined || input === '') return [];
  if (typeof input === 'string') return [input];
  if (Array.isArray(input) && input.every((item) => typeof item === 'string')) return input;
  throw new OllamaError(400, 'invalid input type');
}
