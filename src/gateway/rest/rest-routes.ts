/** ModelManager's REST: a prompt is submitted, and asked for until it is done. It lies beside Ollama's API, whose paths are others. */
import { InvalidInputError } from '../../domain/errors.ts';
import type { JobPriority } from '../../domain/job.ts';
import { onlyEmbeds } from '../../domain/model.ts';
import { JSON_BODY } from '../../http/body-reader.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import type { Router } from '../../ollama-api/router.ts';
import { callerWishes } from '../shared/caller.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import { badRequest } from '../shared/problem.ts';
import { healthAnswer, jobAnswer, statsAnswer } from './answers.ts';
import { SUBMIT_REQUEST } from './shapes.ts';

export function addRestRoutes(router: Router<GatewayHandler>, deps: GatewayDependencies): void {
  const { jobs, system } = deps;
  router
    .add('POST', '/api/submit', (exchange) => submit(deps, exchange))
    .add('GET', '/api/job/:id', async (exchange) =>
      sendJson(exchange, 200, jobAnswer(await jobs.find(exchange.principal, exchange.parameters.id ?? ''))),
    )
    .add('GET', '/api/stats', (exchange) => sendJson(exchange, 200, statsAnswer(system, jobs.counts())))
    // Whoever asks is answered, so that nobody restarts a server whose scheduler is only paused.
    .add('GET', '/api/health', (exchange) => sendJson(exchange, 200, healthAnswer(system)));
}

/** Answered when the job is on disk. The job goes on whether its client waits or not. */
async function submit(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const { accept } = deps;
  const input = jobInput(deps, await exchange.read(JSON_BODY));
  const { patienceMs, comesBack: _, ...wishes } = callerWishes(exchange.request.headers, deps);
  try {
    const { job } = await accept.submit(
      exchange.principal,
      { ...wishes, ...input },
      patienceMs === undefined ? {} : { patienceMs },
    );
    sendJson(exchange, 200, { job_id: job.id, status: 'submitted' });
  } catch (error) {
    throw error instanceof InvalidInputError ? inOwnFields(error) : error;
  }
}

/** The shape of the API's `SubmitJobInput`. @throws InvalidInputError, ProblemError 400 */
function jobInput({ models }: GatewayDependencies, body: unknown): object {
  const { model, prompt, priority, images, metadata } = read(body);
  const info = models.find(model);
  const embeds = info !== null && onlyEmbeds(info);
  if (embeds && images?.length)
    throw new InvalidInputError([
      { path: ['images'], message: `${info.name} embeds text, and takes no images.` },
    ]);
  return {
    model,
    request: embeds ? { embed: { input: [prompt] } } : { generate: { prompt, images } },
    ...(priority && { priority: priority.toUpperCase() as JobPriority }),
    metadata,
  };
}

function read(body: unknown) {
  if (body === undefined)
    throw badRequest(
      'The body must be JSON, such as {"model": "llama3.2", "prompt": "Why is the sky blue?"}.',
    );
  const { data, error } = SUBMIT_REQUEST.safeParse(body);
  if (data) return data;
  throw new InvalidInputError(error.issues.map(({ path, message }) => ({ path: path.map(String), message })));
}

/** Told by the names that the caller wrote: what a request of one kind has within it, this input has at its top. */
function inOwnFields({ issues }: InvalidInputError): InvalidInputError {
  return new InvalidInputError(
    issues.map(({ path, message }) => {
      const [field, ...rest] = path[0] === 'request' ? path.slice(2) : path;
      return { path: field === undefined ? [] : [field === 'input' ? 'prompt' : field, ...rest], message };
    }),
  );
}
