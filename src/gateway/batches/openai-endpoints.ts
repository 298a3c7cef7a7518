/** What OpenAI's API takes in a batch: the requests of its paths, whose answers are whole. */
import type { ModelDirectory } from '../../accept/accept.ts';
import { vectorsIn } from '../../domain/vectors.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import { chatTask, embedTask, generateTask, type Task } from '../ollama/tasks.ts';
import { chatShape, generateShape } from '../ollama/text-shapes.ts';
import { ChatAnswer } from '../openai/chat-answer.ts';
import { CompletionAnswer } from '../openai/completion-answer.ts';
import { base64Of } from '../openai/embed-form.ts';
import { chatRequest, embedRequest, generateRequest } from '../openai/requests.ts';
import { echoOf } from '../openai/responses/response.ts';
import { ResponseEvents } from '../openai/responses/response-events.ts';
import { readResponses } from '../openai/responses/shapes.ts';
import { chatRequest as responsesChat } from '../openai/responses/to-chat.ts';
import { searchesWeb } from '../openai/responses/tools.ts';
import { readChatCompletion, readCompletion, readEmbeddings } from '../openai/shapes.ts';
import type { AnswerOptions } from '../openai/text-answer.ts';
import { GatheredText } from '../shared/gathered-text.ts';
import { badRequest } from '../shared/problem.ts';
import type { AnsweredJob, BatchEndpoint, BatchEndpoints, BatchRequest } from './endpoints.ts';
import { publicJobId } from './public-ids.ts';

const chatCompletions: BatchEndpoint = {
  toJob: (models, body) => jobOf(chatTask(models, chatRequest(readChatCompletion(body)))),
  toBody: (end, clock) => {
    const record = new GatheredText(chatShape(end.job.modelName, clock)).whole(end, null);
    return stringifyGo(new ChatAnswer(optionsOf('chatcmpl-', end, clock)).whole(record));
  },
};

const completions: BatchEndpoint = {
  toJob: (models, body) => jobOf(generateTask(models, generateRequest(readCompletion(body)))),
  toBody: (end, clock) => {
    const record = new GatheredText(generateShape(end.job.modelName, clock)).whole(end, null);
    return stringifyGo(new CompletionAnswer(optionsOf('cmpl-', end, clock)).whole(record));
  },
};

const embeddings: BatchEndpoint = {
  toJob(models: ModelDirectory, text) {
    const body = readEmbeddings(text);
    const { job } = jobOf(embedTask(models, embedRequest(body)));
    return { job, note: { base64: body.encoding_format.toLowerCase() === 'base64' } };
  },
  toBody({ job, note, result }) {
    if (result.kind !== 'embed') throw new Error(`An embedding came to a result of the kind ${result.kind}.`);
    const data: string[] = [];
    for (const piece of result.vectors.pieces) {
      for (const vector of vectorsIn(piece)) {
        const numbers = Buffer.from(vector).toString('latin1');
        const embedding = note.base64 === true ? `"${base64Of(JSON.parse(numbers))}"` : numbers;
        data.push(`{"object":"embedding","embedding":${embedding},"index":${data.length}}`);
      }
    }
    const { prompt_eval_count: count } = result.raw;
    const tokens = typeof count === 'number' ? count : 0;
    return `{"object":"list","data":[${data.join(',')}],"model":${stringifyGo(job.modelName)},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`;
  },
};

const responses: BatchEndpoint = {
  echoes: true,
  toJob(models, text) {
    const body = readResponses(text);
    const { job } = jobOf(chatTask(models, responsesChat(body)));
    const request = { ...job.request, echo: echoOf(body) };
    return { job: { ...job, request }, note: { searchesWeb: searchesWeb(body) } };
  },
  toBody(end, clock) {
    const { echo, job, note } = end;
    const record = new GatheredText(chatShape(job.modelName, clock)).whole(end, null);
    const terms = { id: publicJobId('resp_', job.id), echo, searchesWeb: note.searchesWeb === true };
    return stringifyGo(new ResponseEvents(terms, clock).whole(record));
  },
};

export const OPENAI_ENDPOINTS: BatchEndpoints = {
  '/v1/chat/completions': chatCompletions,
  '/v1/completions': completions,
  '/v1/embeddings': embeddings,
  '/v1/responses': responses,
};

function jobOf(task: Task): BatchRequest {
  if (task.kind === 'job') return { job: task.job };
  throw badRequest('A request of a batch needs a prompt, messages or an input.');
}

function optionsOf(prefix: string, { job }: AnsweredJob, clock: AnswerOptions['clock']): AnswerOptions {
  return { id: publicJobId(prefix, job.id), model: job.modelName, includeUsage: false, clock };
}
