/** What Anthropic's API takes in a batch: messages. */
import { ModelRequiredError, modelNotFound } from '../../ollama-api/errors.ts';
import { toMessage } from '../anthropic/message.ts';
import { readMessages } from '../anthropic/shapes.ts';
import { chatRequest, userOf } from '../anthropic/to-job.ts';
import { searchesWeb } from '../anthropic/tools.ts';
import { findModel, relaxed } from '../ollama/find-model.ts';
import { chatTask } from '../ollama/tasks.ts';
import { badRequest } from '../shared/problem.ts';
import type { BatchEndpoint } from './endpoints.ts';
import { publicJobId } from './public-ids.ts';

export const messages: BatchEndpoint = {
  toJob(models, text) {
    const body = readMessages(text);
    const { info } = findModel(models, body.model, {
      empty: () => new ModelRequiredError(),
      missing: modelNotFound,
    });
    const task = chatTask(models, relaxed(chatRequest(body), info));
    if (task.kind === 'load') throw badRequest('messages: a request of a batch needs at least one.');
    return { job: { ...task.job, ...userOf(body) }, note: { searchesWeb: searchesWeb(body) } };
  },
  toBody: (end) =>
    JSON.stringify(
      toMessage(end, {
        id: publicJobId('msg_', end.job.id),
        model: end.job.modelName,
        searchesWeb: end.note.searchesWeb === true,
      }),
    ),
};
