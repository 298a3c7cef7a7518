/** `/api/generate`, `/api/chat`, `/api/embed`, `/api/embeddings`: jobs, and requests to load or let go of a model. */
import { ModelRequiredError, pullItFirst } from '../../ollama-api/errors.ts';
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
import type { TextShape } from '../shared/gathered-text.ts';
import { EmbedForm } from './embed-form.ts';
import { findModel } from './find-model.ts';
import { loadOrLetGo, loadRecord } from './load.ts';
import { embedJob } from './submissions.ts';
import { chatTask, embedTask, generateTask, loadTask, type Task } from './tasks.ts';
import { StreamForm, WholeForm } from './text-forms.ts';
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
  const task = generateTask(deps.models, body);
  await answerText(deps, exchange, task, generateShape(body.model, deps.clock), body.stream !== false);
}

async function chat(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = decodeBody('ChatRequest', CHAT_REQUEST, await exchange.text());
  const task = chatTask(deps.models, body);
  await answerText(deps, exchange, task, chatShape(body.model, deps.clock), body.stream !== false);
}

async function embed(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = decodeBody('EmbedRequest', EMBED_REQUEST, await exchange.text());
  const task = embedTask(deps.models, body);
  if (task.kind === 'job') return answerWithJob(exchange, task.job, new EmbedForm(exchange, 'embed'), deps);
  await loadOrLetGo(deps, exchange, task);
  sendJson(exchange, 200, { model: body.model, embeddings: [] });
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
    await loadOrLetGo(deps, exchange, loadTask(body));
    return sendJson(exchange, 200, { embedding: [] });
  }
  const job = embedJob({ ...body, input: body.prompt, truncate: undefined, dimensions: 0 }, [body.prompt]);
  await answerWithJob(exchange, job, new EmbedForm(exchange, 'embeddings'), deps);
}

async function answerText(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  task: Task,
  shape: TextShape,
  streams: boolean,
): Promise<void> {
  if (task.kind === 'load') return sendJson(exchange, 200, await loadRecord(deps, exchange, task, shape));
  const form = streams ? new StreamForm(exchange, shape) : new WholeForm(exchange, shape);
  await answerWithJob(exchange, task.job, form, deps);
}
