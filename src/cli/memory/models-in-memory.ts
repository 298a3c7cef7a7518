/** `vramkeeper load`, `unload`, `pin` and `unpin`. */
import type { ApiClient } from '../../client/api-client.ts';
import { RequestFailedError } from '../../client/errors.ts';
import type { PlacedInstanceFragment, TypedDocumentString } from '../../client/generated/graphql.ts';
import { LoadModel, PinModel, UnloadModel, UnpinModel } from '../../client/memory-documents.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { type BackendOptions, backendIdOf } from '../models/backend-option.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface LoadOptions extends BackendOptions {
  readonly context?: number;
}

export interface PinOptions extends BackendOptions {
  /** Milliseconds. */
  readonly for?: number;
}

export function loadModels(
  models: readonly string[],
  options: LoadOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return eachModel(models, options, terminal, async (api, model, backendId) => {
    terminal.note(`Loading ${model}.`);
    const input = { model, backendId, contextLength: options.context ?? null };
    const { loadModel: answer } = await answerOf(api, LoadModel, { input });
    if (answer.__typename !== 'LoadModelPayload') return { refused: answer.message };
    return { done: `${answer.instance.modelName} is in memory${placeText(answer.instance)}` };
  });
}

export function unloadModels(
  models: readonly string[],
  options: BackendOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return eachModel(models, options, terminal, async (api, model, backendId) => {
    const { unloadModel: answer } = await answerOf(api, UnloadModel, { input: { model, backendId } });
    if (answer.__typename !== 'UnloadModelPayload') return { refused: answer.message };
    return { done: `${model} is not in memory any more.` };
  });
}

export function pinModels(
  models: readonly string[],
  options: PinOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { for: leaseMs } = options;
  return eachModel(models, options, terminal, async (api, model, backendId) => {
    const input = { model, backendId, lease: leaseMs ?? null };
    const { pinModel: answer } = await answerOf(api, PinModel, { input });
    if (answer.__typename !== 'PinModelPayload') return { refused: answer.message };
    const howLong = leaseMs === undefined ? '' : ` for ${formatDuration(leaseMs)}`;
    return { done: `${answer.instance.modelName} stays in memory${howLong}${placeText(answer.instance)}` };
  });
}

export function unpinModels(
  models: readonly string[],
  options: BackendOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return eachModel(models, options, terminal, async (api, model, backendId) => {
    const { unpinModel: answer } = await answerOf(api, UnpinModel, { input: { model, backendId } });
    if (answer.__typename !== 'UnpinModelPayload') return { refused: answer.message };
    return { done: `${model} may leave when its memory is wanted.` };
  });
}

type Outcome = { readonly done: string } | { readonly refused: string };

/** One after the other. What was asked for goes on when a person leaves. */
async function eachModel(
  models: readonly string[],
  options: BackendOptions,
  terminal: Terminal,
  act: (api: ApiClient, model: string, backendId: string | null) => Promise<Outcome>,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const stopListening = onInterrupt(() => {
      terminal.note('\nWhat was asked for goes on without you; "vramkeeper top" shows it.');
      process.exit(EXIT.interrupted);
    });
    try {
      const backendId = await backendIdOf(api, options);
      let exit: ExitCode = EXIT.done;
      for (const model of models) {
        const outcome = await act(api, model, backendId);
        if ('done' in outcome) terminal.outLine(outcome.done);
        else {
          terminal.note(outcome.refused);
          exit = EXIT.failed;
        }
      }
      return exit;
    } finally {
      stopListening();
    }
  });
}

/**
 * Over the WebSocket: a large model may take longer to load than a client over HTTP waits for an answer. Sending it again after a
 * lost connection asks for what is being done already.
 */
async function answerOf<Result, Variables extends Record<string, unknown>>(
  api: ApiClient,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  for await (const answer of api.subscribe(document, variables)) return answer;
  throw new RequestFailedError(`The server at ${api.url} ended before it had answered. Ask it again.`);
}

/** ` on box, GPU 0: 6.5 GiB, 4096 tokens a slot.` */
function placeText({ backend, gpus, vramBytes, contextLength, spilled }: PlacedInstanceFragment): string {
  const cards = gpus.length === 0 ? '' : `, GPU ${gpus.map(({ index }) => index).join(' and ')}`;
  const where = backend ? ` on ${backend.name}${cards}` : '';
  const memory = gpus.length === 0 ? '' : `${formatBytes(vramBytes)}, `;
  const slow = spilled ? ' Part of it is on the CPU, so it is slow.' : '';
  return `${where}: ${memory}${contextLength} tokens a slot.${slow}`;
}
