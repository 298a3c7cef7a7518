/**
 * What comes of a request of Ollama's API, once it is found good: a job, or a model that is to be loaded or let go of. Other APIs make their
 * requests into Ollama's, so that these checks hold for them too.
 */
import type { ModelDirectory } from '../../accept/accept.ts';
import { append } from '../../domain/long-lists.ts';
import type { Capability } from '../../domain/model.ts';
import { taskModelName } from '../../domain/task.ts';
import { ModelRequiredError, modelNotFound, OllamaError, pullItFirst } from '../../ollama-api/errors.ts';
import type { Decoded } from '../../ollama-api/go-decode.ts';
import type { EMBED_REQUEST, EMBEDDING_REQUEST } from '../../ollama-api/request-shapes.ts';
import type { ChatBody, GenerateBody } from './bodies.ts';
import { type FoundModel, findModel, requireAble } from './find-model.ts';
import { chatJob, embedJob, generateJob, type RequestedJob } from './submissions.ts';

export interface LoadTask {
  readonly kind: 'load';
  readonly model: string;
  /** 0 lets go of it. */
  readonly keepAliveMs: number | undefined;
}

export type Task = LoadTask | { readonly kind: 'job'; readonly job: RequestedJob };

/** @throws OllamaError in the words of `/api/generate` */
export function generateTask(models: ModelDirectory, body: GenerateBody): Task {
  checkTopLogprobs(body);
  const model = findModel(models, body.model, {
    empty: () => modelNotFound(body.model),
    missing: modelNotFound,
  });
  const isEmpty = body.prompt === '';
  if (isEmpty && body.keep_alive === 0) return loadTask(model, body);
  requireAble(model, body.model, {
    verb: 'generate',
    think: body.think,
    needs: [...when(body.suffix !== '', ['insert']), ...when(hasImages(body), lackedOf(SENSES, model))],
  });
  return isEmpty ? loadTask(model, body) : jobTask(model, generateJob(body));
}

/** What a model has one of that takes images, in whose place sounds may stand. */
const SENSES: readonly Capability[] = ['vision', 'audio'];

/**
 * @param senses of which a model needs one, should there be images: the first is the one that a model without any is said to lack
 * @throws OllamaError in the words of `/api/chat`
 */
export function chatTask(
  models: ModelDirectory,
  body: ChatBody,
  senses: readonly Capability[] = SENSES,
): Task {
  checkTopLogprobs(body);
  const model = findModel(models, body.model, {
    empty: () => new ModelRequiredError(),
    missing: modelNotFound,
  });
  const isEmpty = !body.messages?.length;
  if (isEmpty && body.keep_alive === 0) return loadTask(model, body);
  requireAble(model, body.model, {
    verb: 'chat',
    think: body.think,
    needs: [
      ...when(body.tools?.length, ['tools']),
      ...when(body.messages?.some(hasImages), lackedOf(senses, model)),
    ],
  });
  return isEmpty ? loadTask(model, body) : jobTask(model, chatJob(body));
}

/** @throws OllamaError in the words of `/api/embed` */
export function embedTask(models: ModelDirectory, body: Decoded<typeof EMBED_REQUEST>): Task {
  const input: string[] = [];
  const model = findModel(models, body.model, {
    empty: () => modelNotFound(body.model),
    missing: pullItFirst,
    beforeLookup: () => append(input, inputOf(body.input)),
  });
  return input.length === 0 ? loadTask(model, body) : jobTask(model, embedJob(body, input));
}

/** @throws OllamaError in the words of `/api/embeddings` */
export function embeddingTask(models: ModelDirectory, body: Decoded<typeof EMBEDDING_REQUEST>): Task {
  const model = findModel(models, body.model, {
    empty: () => new ModelRequiredError(),
    missing: pullItFirst,
    matchesCase: true,
  });
  if (body.prompt === '') return loadTask(model, body);
  const job = embedJob({ ...body, input: body.prompt, truncate: undefined, dimensions: 0 }, [body.prompt]);
  return jobTask(model, { ...job, request: { ...job.request, normalize: false } as RequestedJob['request'] });
}

/** By the model's own name: a request may spell it in many ways. One for a task is that for the queue too. */
function jobTask({ model, task }: FoundModel, job: RequestedJob): Task {
  return { kind: 'job', job: { ...job, model: task === undefined ? model : taskModelName(task) } };
}

function loadTask(
  { model }: FoundModel,
  { keep_alive: keepAliveMs }: { readonly keep_alive: number | undefined },
): LoadTask {
  return { kind: 'load', model, keepAliveMs };
}

function when(isAsked: unknown, needs: readonly Capability[]): readonly Capability[] {
  return isAsked ? needs : [];
}

/** None where it has one of them. */
function lackedOf(senses: readonly Capability[], { info }: FoundModel): readonly Capability[] {
  return senses.some((sense) => info?.capabilities.includes(sense)) ? [] : senses.slice(0, 1);
}

function hasImages({ images }: { readonly images: readonly unknown[] | undefined }): boolean {
  return Boolean(images?.length);
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
