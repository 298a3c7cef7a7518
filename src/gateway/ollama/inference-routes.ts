/** `/api/generate`, `/api/chat`, `/api/embed`, `/api/embeddings`: jobs, and requests to load or let go of a model. */
import type { Router } from '../../ollama-api/router.ts';
import { sendWhole } from '../shared/answer-bytes.ts';
import { answerWithJob } from '../shared/answer-with-job.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import type { TextShape } from '../shared/gathered-text.ts';
import { CHAT_BODY, EMBED_BODY, EMBEDDINGS_BODY, GENERATE_BODY } from './bodies.ts';
import { EmbedForm, type EmbedStyle } from './embed-form.ts';
import { answerLoad, emptyRecord } from './load.ts';
import { chatTask, embeddingTask, embedTask, generateTask, type Task } from './tasks.ts';
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
  const body = await exchange.read(GENERATE_BODY);
  const task = generateTask(deps.models, body);
  await answerText(deps, exchange, task, generateShape(body.model, deps.clock), body.stream !== false);
}

async function chat(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = await exchange.read(CHAT_BODY);
  const task = chatTask(deps.models, body);
  await answerText(deps, exchange, task, chatShape(body.model, deps.clock), body.stream !== false);
}

async function embed(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = await exchange.read(EMBED_BODY);
  await answerVectors(deps, exchange, embedTask(deps.models, body), 'embed', body.model);
}

/** The older form: one text, no metrics. */
async function embeddings(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = await exchange.read(EMBEDDINGS_BODY);
  await answerVectors(deps, exchange, embeddingTask(deps.models, body), 'embeddings', body.model);
}

async function answerVectors(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  task: Task,
  style: EmbedStyle,
  model: string,
): Promise<void> {
  const form = new EmbedForm(exchange, style, model);
  if (task.kind === 'job') return answerWithJob(exchange, task.job, form, deps);
  const empty = style === 'embed' ? { model, embeddings: [] } : { embedding: [] };
  await answerLoad(deps, exchange, task, form, () => sendWhole(exchange, empty));
}

async function answerText(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  task: Task,
  shape: TextShape,
  streams: boolean,
): Promise<void> {
  const whole = new WholeForm(exchange, shape);
  if (task.kind === 'job')
    return answerWithJob(exchange, task.job, streams ? new StreamForm(exchange, shape) : whole, deps);
  await answerLoad(deps, exchange, task, whole, (reason) => sendWhole(exchange, emptyRecord(shape, reason)));
}
