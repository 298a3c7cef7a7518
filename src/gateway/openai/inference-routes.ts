/** `/v1/chat/completions`, `/v1/completions` and `/v1/embeddings`: the same jobs as those of Ollama's API, asked for and answered in other words. */

import type { BodyDecoder } from '../../http/body-reader.ts';
import type { Router } from '../../ollama-api/router.ts';
import { answerLoad, emptyRecord } from '../ollama/load.ts';
import type { RequestedJob } from '../ollama/submissions.ts';
import { chatTask, embedTask, generateTask, type Task } from '../ollama/tasks.ts';
import { chatShape, generateShape } from '../ollama/text-shapes.ts';
import { sendWhole } from '../shared/answer-bytes.ts';
import { answerWithJob } from '../shared/answer-with-job.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import { type NamesModels, withFallback } from '../shared/fallback.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import type { TextShape } from '../shared/gathered-text.ts';
import { CHAT_COMPLETION_BODY, COMPLETION_BODY, EMBEDDINGS_BODY } from './bodies.ts';
import { ChatAnswer } from './chat-answer.ts';
import { CompletionAnswer } from './completion-answer.ts';
import { EmbedForm } from './embed-form.ts';
import { withoutIdleThoughts } from './idle-thoughts.ts';
import { chatRequest, embedRequest, generateRequest } from './requests.ts';
import type { AnswerOptions, TextAnswer } from './text-answer.ts';
import { StreamForm, WholeForm } from './text-forms.ts';

export function addInferenceRoutes(router: Router<GatewayHandler>, deps: GatewayDependencies): void {
  router
    .add('POST', '/v1/chat/completions', (exchange) => chatCompletions(deps, exchange))
    .add('POST', '/v1/completions', (exchange) => completions(deps, exchange))
    .add('POST', '/v1/embeddings', (exchange) => embeddings(deps, exchange));
}

async function chatCompletions(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const { body, fallback } = await read(deps, exchange, CHAT_COMPLETION_BODY);
  await answerText(deps, exchange, {
    fallback,
    task: chatTask(deps.models, withoutIdleThoughts(deps, body, chatRequest(body))),
    answer: new ChatAnswer(answerOptions(deps, 'chatcmpl', body)),
    shape: chatShape(body.model, deps.clock),
    streams: body.stream ?? false,
  });
}

async function completions(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const { body, fallback } = await read(deps, exchange, COMPLETION_BODY);
  await answerText(deps, exchange, {
    fallback,
    task: generateTask(deps.models, withoutIdleThoughts(deps, body, generateRequest(body))),
    answer: new CompletionAnswer(answerOptions(deps, 'cmpl', body)),
    shape: generateShape(body.model, deps.clock),
    streams: body.stream ?? false,
  });
}

async function embeddings(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const { body, fallback } = await read(deps, exchange, EMBEDDINGS_BODY);
  const { model } = body;
  const task = embedTask(deps.models, embedRequest(body));
  const base64 = body.encoding_format.toLowerCase() === 'base64';
  const form = new EmbedForm(exchange, { model, base64 });
  if (task.kind === 'job') return answerWithJob(exchange, { ...task.job, ...fallback }, form, deps);
  const none = { object: 'list', data: [], model, usage: { prompt_tokens: 0, total_tokens: 0 } };
  await answerLoad(deps, exchange, task, form, () => sendWhole(exchange, none));
}

async function read<Body extends NamesModels>(
  { models }: GatewayDependencies,
  exchange: GatewayExchange,
  decoder: BodyDecoder<Body>,
) {
  return withFallback(await exchange.read(decoder), exchange.request.headers, models);
}

interface AskedText {
  readonly task: Task;
  readonly fallback: Pick<RequestedJob, 'fallback'>;
  readonly answer: TextAnswer;
  readonly shape: TextShape;
  readonly streams: boolean;
}

async function answerText(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  { task, fallback, answer, shape, streams }: AskedText,
): Promise<void> {
  const form = streams ? new StreamForm(exchange, answer, shape) : new WholeForm(exchange, answer, shape);
  if (task.kind === 'job') return answerWithJob(exchange, { ...task.job, ...fallback }, form, deps);
  await answerLoad(deps, exchange, task, form, (reason) => form.end(emptyRecord(shape, reason)));
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
