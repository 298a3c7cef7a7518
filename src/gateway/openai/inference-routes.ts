/** `/v1/chat/completions`, `/v1/completions` and `/v1/embeddings`: the same jobs as those of Ollama's API, asked for and answered in other words. */
import { ModelRequiredError, modelNotFound } from '../../ollama-api/errors.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import type { Think } from '../../ollama-api/request-fields.ts';
import type { Router } from '../../ollama-api/router.ts';
import { findModel, relaxed } from '../ollama/find-model.ts';
import { loadOrLetGo, loadRecord } from '../ollama/load.ts';
import { chatTask, embedTask, generateTask, type Task } from '../ollama/tasks.ts';
import { chatShape, generateShape } from '../ollama/text-shapes.ts';
import { answerWithJob } from '../shared/answer-with-job.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import type { TextShape } from '../shared/gathered-text.ts';
import { ChatAnswer } from './chat-answer.ts';
import { CompletionAnswer } from './completion-answer.ts';
import { EmbedForm } from './embed-form.ts';
import { chatRequest, embedRequest, generateRequest } from './requests.ts';
import { readChatCompletion, readCompletion, readEmbeddings } from './shapes.ts';
import type { AnswerOptions, TextAnswer } from './text-answer.ts';
import { StreamForm, WholeForm } from './text-forms.ts';

export function addInferenceRoutes(router: Router<GatewayHandler>, deps: GatewayDependencies): void {
  router
    .add('POST', '/v1/chat/completions', (exchange) => chatCompletions(deps, exchange))
    .add('POST', '/v1/completions', (exchange) => completions(deps, exchange))
    .add('POST', '/v1/embeddings', (exchange) => embeddings(deps, exchange));
}

async function chatCompletions(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = readChatCompletion(await exchange.text());
  await answerText(deps, exchange, {
    task: chatTask(deps.models, withoutIdleThoughts(deps, body, chatRequest(body))),
    answer: new ChatAnswer(answerOptions(deps, 'chatcmpl', body)),
    shape: chatShape(body.model, deps.clock),
    streams: body.stream ?? false,
  });
}

async function completions(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = readCompletion(await exchange.text());
  await answerText(deps, exchange, {
    task: generateTask(deps.models, withoutIdleThoughts(deps, body, generateRequest(body))),
    answer: new CompletionAnswer(answerOptions(deps, 'cmpl', body)),
    shape: generateShape(body.model, deps.clock),
    streams: body.stream ?? false,
  });
}

interface ThinkingRequest {
  readonly model: string;
  readonly think: Think | undefined;
}

/** `think` is no field of this API: a program that sends it to a model that does not think is answered elsewhere, and so it is here. */
function withoutIdleThoughts<R extends ThinkingRequest>(
  { models }: GatewayDependencies,
  body: Pick<ThinkingRequest, 'think'>,
  request: R,
): R {
  if (!body.think) return request;
  const named = { empty: () => new ModelRequiredError(), missing: modelNotFound };
  return relaxed(request, findModel(models, request.model, named).info);
}

async function embeddings(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = readEmbeddings(await exchange.text());
  const { model } = body;
  const task = embedTask(deps.models, embedRequest(body));
  if (task.kind === 'load') {
    await loadOrLetGo(deps, exchange, task);
    sendJson(exchange, 200, {
      object: 'list',
      data: [],
      model,
      usage: { prompt_tokens: 0, total_tokens: 0 },
    });
    return;
  }
  const base64 = body.encoding_format.toLowerCase() === 'base64';
  await answerWithJob(exchange, task.job, new EmbedForm(exchange, { model, base64 }), deps);
}

interface AskedText {
  readonly task: Task;
  readonly answer: TextAnswer;
  readonly shape: TextShape;
  readonly streams: boolean;
}

async function answerText(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  { task, answer, shape, streams }: AskedText,
): Promise<void> {
  const form = streams ? new StreamForm(exchange, answer, shape) : new WholeForm(exchange, answer, shape);
  if (task.kind === 'load') form.end(await loadRecord(deps, exchange, task, shape));
  else await answerWithJob(exchange, task.job, form, deps);
}

interface NamesAnswer {
  readonly model: string;
  readonly stream_options: { readonly include_usage: boolean | undefined } | undefined;
}

function answerOptions(
  { clock, random }: GatewayDependencies,
  prefix: string,
  { model, stream_options: options }: NamesAnswer,
): AnswerOptions {
  const id = `${prefix}-${Buffer.from(random.bytes(12)).toString('hex')}`;
  return { id, model, includeUsage: options?.include_usage ?? false, clock };
}
