/** Requests without a prompt: Ollama loads the model for them, or lets go of it. */
import type { JsonObject } from '../../domain/json.ts';
import { may } from '../../domain/principal.ts';
import type { AnswerForm } from '../shared/answer-with-job.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import type { GatewayExchange } from '../shared/gateway-route.ts';
import type { TextShape } from '../shared/gathered-text.ts';
import { problemOf } from '../shared/problem.ts';
import { withSigns } from '../shared/silence.ts';
import { keepAliveOf } from './submissions.ts';
import type { LoadTask } from './tasks.ts';

/**
 * Loads the model as a waiting job would, and answers when it is there. With a keep-alive of 0 it is let go, unless others may still want
 * it, which only who may change what holds for everybody may overrule. Otherwise it stays, when idle, at least as long as the caller says.
 * @returns the `done_reason` of the answer
 */
async function loadOrLetGo(
  { memory }: GatewayDependencies,
  { principal }: GatewayExchange,
  { model, keepAliveMs }: LoadTask,
): Promise<'load' | 'unload'> {
  if (keepAliveMs === 0) {
    if (may(principal, 'OPERATE')) await memory.unloadModel({ model, backendId: null });
    return 'unload';
  }
  if (keepAliveMs !== undefined) memory.lengthenKeepAlive(model, keepAliveOf(keepAliveMs));
  await memory.loadModel({ model, backendId: null, contextLength: null });
  return 'load';
}

/** Answers with what becomes of it. A load may take minutes, in which there are signs of waiting. */
export async function answerLoad(
  deps: GatewayDependencies,
  exchange: GatewayExchange,
  task: LoadTask,
  form: Pick<AnswerForm, 'waiting' | 'fail'>,
  complete: (doneReason: 'load' | 'unload') => void,
): Promise<void> {
  try {
    const work = () => loadOrLetGo(deps, exchange, task);
    complete(await withSigns(deps.clock, () => form.waiting(), work));
  } catch (error) {
    if (!exchange.signal.aborted) form.fail(problemOf(error, (message) => deps.logger.error(message)));
  }
}

/** The only record of an answer that says nothing. */
export function emptyRecord(shape: TextShape, doneReason: string): JsonObject {
  return { ...shape.record({ content: '', thinking: '' }), done: true, done_reason: doneReason };
}
