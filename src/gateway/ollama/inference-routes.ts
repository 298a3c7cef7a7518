/** `/api/generate`, `/api/chat`, `/api/embed`, `/api/embeddings`: jobs, and requests to load or let go of a model. */
import { append } from '../../domain/long-lists.ts';
import { ModelRequiredError, modelNotFound, OllamaError, pullItFirst } from '../../ollama-api/errors.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import { decodeBody } from '../../ollama-api/go-decode.ts';
import {
  CHAT_REQUEST,
  EMBED_REQUEST,
  EMBEDDING_REQUEST,
  GENERATE_REQUEST,
} from '../../ollama-api/request-shapes.ts';
import type { Router } from '../../ollama-api/router.ts';
import { answerWithJob } from '../shared/answer-with-job.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import { EmbedForm } from './embed-form.ts';
import { findModel, requireAble } from './find-model.ts';
import { loadOrLetGo } from './load.ts';
import { chatJob, embedJob, generateJob, type RequestedJob } from './submissions.ts';
import { StreamForm, type TextShape, WholeForm } from './text-forms.ts';
import { chatShape, generateShape } from './text-shapes.ts';

export function addInferenceRoutes(router: Router<GatewayHandler>, deps: GatewayDependencies): void {
  router
    .add('POST', '/api/generate', (exchange) => generate(deps, exchange))
    .add('POST', '/api/chat', (exchange) => chat(deps, exchange))
    .add('POST', '/api/embed', (exchange) => embed(deps, exchange))
    .add('POST', '/api/embeddings', (exchange) => embeddings(deps, exchange));
}

async function generate(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = decodeBody('GenerateRequest', GENERATE_REQUEST, await exchange.text());
  checkTopLogprobs(body);
  const model = findModel(deps.models, body.model, {
    empty: () => modelNotFound(body.model),
    missing: modelNotFound,
  });
  const shape = generateShape(body.model, deps.clock);
  if (body.prompt === '' && body.keep_alive === 0) return answerLoad(deps, exchange, shape, body);
  requireAble(model, body.model, {
    verb: 'generate',
    think: body.think,
    needs: body.suffix ? ['insert'] : [],
  });
  if (body.prompt === '') return answerLoad(deps, exchange, shape, body);
  await answerText(deps, exchange, generateJob(body), shape, body.stream !== false);
}

async function chat(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = decodeBody('ChatRequest', CHAT_REQUEST, await exchange.text());
  checkTopLogprobs(body);
  const model = findModel(deps.models, body.model, {
    empty: () => new ModelRequiredError(),
    missing: modelNotFound,
  });
  const shape = chatShape(body.model, deps.clock);
  const isEmpty = !body.messages?.length;
  if (isEmpty && body.keep_alive === 0) return answerLoad(deps, exchange, shape, body);
  requireAble(model, body.model, {
    verb: 'chat',
    think: body.think,
    needs: body.tools?.length ? ['tools'] : [],
  });
  if (isEmpty) return answerLoad(deps, exchange, shape, body);
  await answerText(deps, exchange, chatJob(body), shape, body.stream !== false);
}

async function embed(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = decodeBody('EmbedRequest', EMBED_REQUEST, await exchange.text());
  const input: string[] = [];
  findModel(deps.models, body.model, {
    empty: () => modelNotFound(body.model),
    missing: pullItFirst,
    beforeLookup: () => append(input, inputOf(body.input)),
  });
  if (input.length === 0) {
    await loadOrLetGo(deps, exchange, body.model, body.keep_alive);
    return sendJson(exchange, 200, { model: body.model, embeddings: [] });
  }
  await answerWithJob(exchange, embedJob(body, input), new EmbedForm(exchange, 'embed'), deps);
}

/** The older form: one text, no metrics. */
async function embeddings(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = decodeBody('EmbeddingRequest', EMBEDDING_REQUEST, await exchange.text());
  findModel(deps.models, body.model, {
    empty: () => new ModelRequiredError(),
    missing: pullItFirst,
    matchesCase: true,
  });
  if (body.prompt === '') {
    await loadOrLetGo(deps, exchange, body.model, body.keep_alive);
    return sendJson(exchange, 200, { embedding: [] });
  }
  const job = embedJob({ ...body, input: body.prompt, truncate: undefined, dimensions: 0 }, [body.prompt]);
  await answerWithJob(exchange, job, new EmbedForm(exchange, 'embeddings'), deps);
}

async function answerLoad(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  shape: TextShape,
  { model, keep_alive }: { readonly model: string; readonly keep_alive: number | undefined },
): Promise<void> {
  const done_reason = await loadOrLetGo(deps, exchange, model, keep_alive);
  const empty = shape.record({ content: '', thinking: '' });
  sendJson(exchange, 200, { ...empty, done: true, done_reason });
}

function answerText(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  job: RequestedJob,
  shape: TextShape,
  streams: boolean,
): Promise<void> {
  const form = streams ? new StreamForm(exchange, shape) : new WholeForm(exchange, shape);
  return answerWithJob(exchange, job, form, deps);
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
