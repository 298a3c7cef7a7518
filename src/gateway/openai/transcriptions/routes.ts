/** `/v1/audio/transcriptions`: a chat about a sound, for models that hear. */
import type { Router } from '../../../ollama-api/router.ts';
import { chatTask } from '../../ollama/tasks.ts';
import { chatShape } from '../../ollama/text-shapes.ts';
import { answerWithJob } from '../../shared/answer-with-job.ts';
import type { GatewayDependencies } from '../../shared/dependencies.ts';
import type { GatewayExchange, GatewayHandler } from '../../shared/gateway-route.ts';
import { chatRequest, readTranscription } from './request.ts';
import { TranscriptionForm } from './transcription-form.ts';

export function addTranscriptionRoute(router: Router<GatewayHandler>, deps: GatewayDependencies): void {
  router.add('POST', '/v1/audio/transcriptions', (exchange) => transcriptions(deps, exchange));
}

async function transcriptions(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = await exchange.body();
  const request = await readTranscription(exchange.request.headers, body.take());
  const task = chatTask(deps.models, chatRequest(request), ['audio']);
  if (task.kind !== 'job') throw new Error('A transcription is a chat with messages.');
  const form = new TranscriptionForm(exchange, chatShape(request.model, deps.clock), request.responseFormat);
  await answerWithJob(exchange, task.job, form, deps);
}
