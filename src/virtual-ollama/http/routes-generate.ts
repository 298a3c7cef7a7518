import { modelNotFound, OllamaError } from '../../ollama-api/errors.ts';
import { type Exchange, sendJson } from '../../ollama-api/exchange.ts';
import { readFormat } from '../../ollama-api/format.ts';
import { decodeBody } from '../../ollama-api/go-decode.ts';
import { goTime } from '../../ollama-api/go-json.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';
import type { Think } from '../../ollama-api/request-fields.ts';
import { GENERATE_REQUEST, type GenerateRequest } from '../../ollama-api/request-shapes.ts';
import type { Answer, AnswerPiece } from '../core/answer.ts';
import { type CatalogModel, supports } from '../core/catalog.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import type { GenerationTimings } from '../core/engine.ts';
import { type ChatMessage, promptTokens, renderChat, renderTemplate, truncateChat } from '../core/prompt.ts';
import { countTokens } from '../core/text.ts';
import { type AnswerShape, answerGeneration, type Prompt } from './generation.ts';
import { findModel, type RunnerInHand, requireCapabilities, Stopwatch, withRunner } from './inference.ts';
import { logprobsOf } from './logprobs.ts';

export function checkTopLogprobs(request: { readonly top_logprobs: number }): void {
  if (request.top_logprobs < 0 || request.top_logprobs > 20) {
    throw new OllamaError(400, 'top_logprobs must be between 0 and 20');
  }
}

/** Whether the model thinks: unset means yes, where it can. @throws OllamaError 400 where it cannot. */
export function resolveThink(think: Think | undefined, model: CatalogModel, name: string): boolean {
  if (supports(model, 'thinking')) return think !== false;
  if (think) throw new OllamaError(400, `${quoteGo(name)} does not support thinking`);
  return false;
}

/** @throws OllamaError 400 `"NAME" does not support generate` for a model that only embeds. */
export function requireCompletion(model: CatalogModel, name: string, verb: 'generate' | 'chat'): void {
  if (supports(model, 'completion')) return;
  throw new OllamaError(400, `${quoteGo(name)} does not support ${verb}`);
}

function promptOf(request: GenerateRequest, model: CatalogModel, numCtx: number): Prompt {
  const images = request.images?.length ?? 0;
  const before = request.context ? 'tok '.repeat(request.context.length) : '';
  const marks = Array.from({ length: images }, (_, i) => `[img-${i}]`).join('');
  const text = () => {
    if (request.raw) return request.prompt;
    const system = request.system || model.system;
    if (request.template) {
      return (
        before + renderTemplate(request.template, { system, prompt: request.prompt, suffix: request.suffix })
      );
    }
    if (request.suffix) return `${request.prompt}${request.suffix}`;
    const messages: ChatMessage[] = [
      ...(system ? [{ role: 'system', content: system }] : []),
      ...(request.context ? [] : model.messages),
      { role: 'user', content: marks + request.prompt },
    ];
    return before + renderChat(request.truncate === false ? messages : truncateChat(messages, numCtx, model));
  };
  const prompt = text();
  return { text: prompt, tokens: promptTokens(prompt, images, model), images };
}

/** A token list of the right length: the virtual tokenizer has nothing more to say. */
function contextTokens(text: string): number[] {
  return Array.from({ length: countTokens(text) }, (_, i) => i + 5);
}

function shapeOf(
  core: VirtualOllamaCore,
  request: GenerateRequest,
  prompt: Prompt,
  stopwatch: Stopwatch,
): AnswerShape {
  const head = () => ({ model: request.model, created_at: goTime(core.clock.now()) });
  const logprobs = (pieces: readonly AnswerPiece[]) =>
    request.logprobs && pieces.length > 0
      ? { logprobs: pieces.map((piece) => logprobsOf(piece.text, request.top_logprobs)) }
      : {};
  const textOf = (said: Answer, channel: AnswerPiece['channel']) =>
    said.pieces
      .filter((piece) => piece.channel === channel)
      .map((piece) => piece.text)
      .join('');
  const end = (said: Answer, tokens: number, timings: GenerationTimings) => ({
    done: true,
    done_reason: said.doneReason,
    ...(request.raw ? {} : { context: contextTokens(prompt.text + textOf(said, 'content')) }),
    ...stopwatch.metrics(tokens, timings),
  });
  return {
    chunk: (piece) => ({
      ...head(),
      response: piece.channel === 'content' ? piece.text : '',
      ...(piece.channel === 'thinking' ? { thinking: piece.text } : {}),
      done: false,
      ...logprobs([piece]),
    }),
    final: (said, tokens, timings) => ({ ...head(), response: '', ...end(said, tokens, timings) }),
    whole: (said, tokens, timings) => {
      const thinking = textOf(said, 'thinking');
      return {
        ...head(),
        response: textOf(said, 'content'),
        ...(thinking ? { thinking } : {}),
        ...(timings ? end(said, tokens, timings) : { done: false }),
        ...logprobs(said.pieces),
      };
    },
  };
}

/** POST /api/generate: also loads (no prompt) and unloads (no prompt, `keep_alive: 0`). */
export async function generateRoute(core: VirtualOllamaCore, exchange: Exchange): Promise<void> {
  const stopwatch = new Stopwatch(core);
  const request = decodeBody('GenerateRequest', GENERATE_REQUEST, await exchange.text());
  checkTopLogprobs(request);
  const model = findModel(core, request.model, {
    empty: () => modelNotFound(request.model),
    missing: modelNotFound,
  });
  const closing = (reason: 'load' | 'unload') => ({
    model: request.model,
    created_at: goTime(core.clock.now()),
    response: '',
    done: true,
    done_reason: reason,
  });
  if (request.prompt === '' && request.keep_alive === 0) {
    core.scheduler.unload(model);
    sendJson(exchange, 200, closing('unload'));
    return;
  }
  if (supports(model, 'image'))
    throw new OllamaError(400, 'image generation models are not currently supported');
  if (request.raw && (request.template || request.system || request.context?.length)) {
    throw new OllamaError(400, 'raw mode does not support template, system, or context');
  }
  const thinks = resolveThink(request.think, model, request.model);
  requireCompletion(model, request.model, 'generate');
  requireCapabilities(model, request.suffix ? ['insert'] : []);
  const wish = { model, options: request.options, keepAliveMs: request.keep_alive, shift: request.shift };
  await withRunner(core, exchange, wish, async (inHand: RunnerInHand) => {
    stopwatch.loaded();
    if (request.prompt === '') {
      sendJson(exchange, 200, closing('load'));
      return;
    }
    // Rendering the prompt is where the format is looked at first; a raw prompt is not rendered.
    if (!request.raw) readFormat(request.format);
    const prompt = promptOf(request, model, inHand.runner.engine.launch.options.numCtx);
    if (request._debug_render_only) {
      const images = request.images?.length ?? 0;
      sendJson(exchange, 200, {
        model: request.model,
        created_at: goTime(core.clock.now()),
        response: '',
        done: false,
        _debug_info: { rendered_template: prompt.text, ...(images ? { image_count: images } : {}) },
      });
      return;
    }
    await answerGeneration(
      core,
      exchange,
      {
        inHand,
        prompt,
        thinks,
        format: request.format,
        truncate: request.truncate !== false,
        shift: request.shift !== false,
      },
      { stream: request.stream !== false, shape: shapeOf(core, request, prompt, stopwatch) },
    );
  });
}
