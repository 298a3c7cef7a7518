/** `/v1/responses`: a chat, asked for by items and answered with items. */
import type { Router } from '../../../ollama-api/router.ts';
import { answerLoad, emptyRecord } from '../../ollama/load.ts';
import { chatTask } from '../../ollama/tasks.ts';
import { chatShape } from '../../ollama/text-shapes.ts';
import { answerWithJob } from '../../shared/answer-with-job.ts';
import type { GatewayDependencies } from '../../shared/dependencies.ts';
import type { GatewayExchange, GatewayHandler } from '../../shared/gateway-route.ts';
import { withoutIdleThoughts } from '../idle-thoughts.ts';
import { WholeForm } from '../text-forms.ts';
import { readBody } from './body.ts';
import { EventsForm } from './events-form.ts';
import { echoOf } from './response.ts';
import { ResponseEvents } from './response-events.ts';
import { chatRequest } from './to-chat.ts';
import { searchesWeb } from './tools.ts';

export function addResponsesRoute(router: Router<GatewayHandler>, deps: GatewayDependencies): void {
  router.add('POST', '/v1/responses', (exchange) => responses(deps, exchange));
}

async function responses(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const { clock, models, random } = deps;
  const body = await readBody(exchange, deps.bodies);
  const task = chatTask(models, withoutIdleThoughts(deps, body, chatRequest(body)));
  const id = `resp_${Buffer.from(random.bytes(12)).toString('hex')}`;
  const terms = { id, echo: echoOf(body), searchesWeb: searchesWeb(body) };
  const shape = chatShape(body.model, clock);
  const newEvents = () => new ResponseEvents(terms, clock);
  const form = body.stream
    ? new EventsForm(exchange, newEvents, shape)
    : new WholeForm(exchange, { whole: (record) => newEvents().whole(record) }, shape);
  if (task.kind === 'job') return answerWithJob(exchange, task.job, form, deps);
  await answerLoad(deps, exchange, task, form, (reason) => form.end(emptyRecord(shape, reason)));
}
