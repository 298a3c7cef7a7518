import { OllamaError } from '../../ollama-api/errors.ts';
import type { Exchange } from '../../ollama-api/exchange.ts';
import { ObjectStream, sendError, sendJson } from '../../ollama-api/exchange.ts';
import { readFormat } from '../../ollama-api/format.ts';
import {
  type Answer,
  type AnswerPiece,
  answer,
  OPEN_ENDED_CONTEXTS,
  type ToolToCall,
} from '../core/answer.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import type { GenerationTimings } from '../core/engine.ts';
import { isOutOfMemory } from '../core/errors.ts';
import { fittedTokens } from '../core/prompt-fit.ts';
import type { RunnerInHand } from './inference.ts';

export interface Prompt {
  readonly text: string;
  readonly tokens: number;
  readonly images: number;
}

export interface GenerationPlan {
  readonly inHand: RunnerInHand;
  readonly prompt: Prompt;
  readonly thinks: boolean;
  /** As it was written. */
  readonly format: string | undefined;
  /** To be called. Absent: none. */
  readonly tools?: readonly ToolToCall[];
  /** Of the request, with their defaults. */
  readonly truncate: boolean;
  readonly shift: boolean;
}

/** What the route turns into its own objects. */
export interface AnswerShape {
  chunk(piece: AnswerPiece, index: number): object;
  final(answer: Answer, promptTokens: number, timings: GenerationTimings): object;
  /** The whole answer as one object; without timings when the stream ended early. */
  whole(answer: Answer, promptTokens: number, timings: GenerationTimings | undefined): object;
}

/** The prompt as the engine takes it, and how many tokens of answer the context leaves. @throws OllamaError 400 when it is too long */
function fitPrompt(core: VirtualOllamaCore, plan: GenerationPlan): { tokens: number; roomTokens: number } {
  const { prompt, inHand, truncate } = plan;
  const { regime } = core.settings;
  const { numCtx } = inHand.runner.engine.launch.options;
  const { numKeep } = inHand.options.predict;
  const shift = regime === 'classic' ? plan.shift : inHand.runner.contextShift;
  const tokens = fittedTokens(regime, { ...prompt, numCtx, numKeep, truncate, shift });
  return { tokens, roomTokens: shift ? Number.POSITIVE_INFINITY : Math.max(1, numCtx - tokens) };
}

function planAnswer(core: VirtualOllamaCore, plan: GenerationPlan): { answer: Answer; promptTokens: number } {
  const format = readFormat(plan.format);
  const { tokens, roomTokens } = fitPrompt(core, plan);
  if (core.faults.take('quotePrompt')) throw quoting(plan.prompt.text);
  const { runner, options } = plan.inHand;
  const { numCtx } = runner.engine.launch.options;
  const numPredict = Math.min(options.predict.numPredict, OPEN_ENDED_CONTEXTS * numCtx);
  const planned = answer({
    model: runner.model,
    prompt: plan.prompt.text,
    predict: { ...options.predict, numPredict },
    thinks: plan.thinks,
    format,
    tools: plan.tools ?? [],
    roomTokens,
    answerTokens: core.settings.answerTokens,
  });
  return { answer: planned, promptTokens: tokens };
}

/** Ollama quotes what it could not make sense of. */
export function quoting(text: string): OllamaError {
  return new OllamaError(
    500,
    `error parsing tool call: raw='${text}', err=invalid character after top-level value`,
  );
}

interface Outcome {
  readonly answer: Answer;
  readonly promptTokens: number;
  readonly timings: GenerationTimings;
}

/** Runs the generation on the engine. Rejects with OllamaError; when the client goes away, it never settles late. */
function runGeneration(
  core: VirtualOllamaCore,
  exchange: Exchange,
  plan: GenerationPlan,
  onPiece: (piece: AnswerPiece, index: number, of: number) => void,
): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  let planned: ReturnType<typeof planAnswer> | OllamaError;
  try {
    planned = planAnswer(core, plan);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    planned = error;
  }
  const ready = planned instanceof OllamaError ? undefined : planned;
  const refusal = planned instanceof OllamaError ? planned : undefined;
  const pieces = ready?.answer.pieces ?? [];
  const running = plan.inHand.runner.engine.generate(
    {
      prompt: plan.prompt.text,
      promptTokens: ready?.promptTokens ?? 0,
      outputTokens: ready?.answer.outputTokens ?? 0,
    },
    {
      started: () => refusal,
      token: (index) => {
        const piece = pieces[index];
        if (piece) onPiece(piece, index, pieces.length);
      },
      done: (timings) => (ready ? resolve({ ...ready, timings }) : undefined),
      failed: (error) => {
        if (isOutOfMemory(error)) core.scheduler.expireAll();
        reject(error);
      },
    },
  );
  const onAbort = () => {
    running.cancel();
    reject(new OllamaError(499, 'request canceled'));
  };
  exchange.signal.addEventListener('abort', onAbort, { once: true });
  if (exchange.signal.aborted) onAbort();
  return promise.finally(() => exchange.signal.removeEventListener('abort', onAbort));
}

/** Generates and answers, as a stream of objects or as one. */
export async function answerGeneration(
  core: VirtualOllamaCore,
  exchange: Exchange,
  plan: GenerationPlan,
  options: { readonly stream: boolean; readonly shape: AnswerShape },
): Promise<void> {
  const { shape } = options;
  const endsEarly = core.faults.take('endWithoutDone');
  const garbles = core.faults.take('garbageLine');
  const cuts = core.faults.take('cutMidStream');
  if (!options.stream) {
    try {
      const { answer: said, promptTokens, timings } = await runGeneration(core, exchange, plan, () => {});
      if (garbles) sendJson(exchange, 200, GARBAGE);
      else sendJson(exchange, 200, shape.whole(said, promptTokens, endsEarly ? undefined : timings));
    } catch (error) {
      sendError(exchange, error);
    }
    return;
  }
  const stream = new ObjectStream(exchange);
  const quotes = core.faults.take('quoteOutput');
  let said = '';
  try {
    const outcome = await runGeneration(core, exchange, plan, (piece, index, of) => {
      said += piece.text;
      if (quotes && index >= of / 2) return;
      if (garbles && index === Math.floor(of / 2)) stream.line(GARBAGE);
      if (cuts && index >= of / 2) exchange.response.destroy();
      if (!(endsEarly && index >= of / 2)) stream.write(shape.chunk(piece, index));
    });
    if (quotes) throw quoting(said);
    if (!endsEarly) stream.write(shape.final(outcome.answer, outcome.promptTokens, outcome.timings));
    stream.end();
  } catch (error) {
    stream.fail(error);
  }
}

const GARBAGE = '{"model":"\u0000 not JSON';
