import { ModelRequiredError, modelNotFound } from '../../ollama-api/errors.ts';
import { type Exchange, sendJson } from '../../ollama-api/exchange.ts';
import { decodeBody } from '../../ollama-api/go-decode.ts';
import { goTime } from '../../ollama-api/go-json.ts';
import { CHAT_REQUEST, type ChatRequest } from '../../ollama-api/request-shapes.ts';
import type { Answer, AnswerPiece, ToolToCall } from '../core/answer.ts';
import type { CatalogModel } from '../core/catalog.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import type { GenerationTimings } from '../core/engine.ts';
import { type ChatMessage, countImages, promptTokens, renderChat, truncateChat } from '../core/prompt.ts';
import { hashNumber } from '../core/text.ts';
import { type AnswerShape, answerGeneration, type Prompt } from './generation.ts';
import { findModel, requireCapabilities, Stopwatch, withRunner } from './inference.ts';
import { logprobsOf } from './logprobs.ts';
import { checkTopLogprobs, requireCompletion, resolveThink } from './routes-generate.ts';

type RequestMessage = NonNullable<ChatRequest['messages']>[number];

function conversation(request: ChatRequest, model: CatalogModel): ChatMessage[] {
  const given = (request.messages ?? []).map((message: RequestMessage) => ({
    role: message.role.toLowerCase(),
    content: message.content,
    thinking: message.thinking,
    images: message.images,
    toolCalls: message.tool_calls,
  }));
  const messages: ChatMessage[] = [...model.messages, ...given];
  const needsSystem = model.system !== '' && given[0]?.role !== 'system';
  return needsSystem ? [{ role: 'system', content: model.system }, ...messages] : messages;
}

/** The tools that the model will call: those that the last message names, or else the first one, unless it has just been answered by one. */
function toolsToCall(request: ChatRequest, messages: readonly ChatMessage[]): readonly ToolToCall[] {
  const last = messages.at(-1);
  if (last?.role === 'tool') return [];
  const tools = (request.tools ?? []).map(({ function: { name, parameters } }) => ({ name, parameters }));
  const named = tools.filter(({ name }) => name !== '' && last?.content.includes(name));
  return named.length > 0 ? named : tools.slice(0, 1);
}

const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function callId(seed: string): string {
  const letters = Array.from({ length: 8 }, (_, i) =>
    ID_LETTERS.charAt(hashNumber(`${seed} ${i}`) % ID_LETTERS.length),
  );
  return `call_${letters.join('')}`;
}

function shapeOf(
  core: VirtualOllamaCore,
  request: ChatRequest,
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
  const message = (content: string, thinking: string, said?: Answer) => ({
    role: 'assistant',
    content,
    ...(thinking ? { thinking } : {}),
    ...(said && said.toolCalls.length > 0
      ? {
          tool_calls: said.toolCalls.map((call, index) => ({
            id: callId(`${prompt.text} ${index}`),
            function: { index, name: call.name, arguments: call.arguments },
          })),
        }
      : {}),
  });
  const end = (said: Answer, tokens: number, timings: GenerationTimings) => ({
    done: true,
    done_reason: said.doneReason,
    ...stopwatch.metrics(tokens, timings),
  });
  return {
    chunk: (piece) => ({
      ...head(),
      message: piece.channel === 'content' ? message(piece.text, '') : message('', piece.text),
      done: false,
      ...logprobs([piece]),
    }),
    final: (said, tokens, timings) => ({
      ...head(),
      message: message('', '', said),
      ...end(said, tokens, timings),
    }),
    whole: (said, tokens, timings) => ({
      ...head(),
      message: message(textOf(said, 'content'), textOf(said, 'thinking'), timings ? said : undefined),
      ...(timings ? end(said, tokens, timings) : { done: false }),
      ...logprobs(said.pieces),
    }),
  };
}

/** POST /api/chat: also loads (no messages) and unloads (no messages, `keep_alive: 0`). */
export async function chatRoute(core: VirtualOllamaCore, exchange: Exchange): Promise<void> {
  const stopwatch = new Stopwatch(core);
  const request = decodeBody('ChatRequest', CHAT_REQUEST, await exchange.text());
  checkTopLogprobs(request);
  const model = findModel(core, request.model, {
    empty: () => new ModelRequiredError(),
    missing: modelNotFound,
  });
  const asked = request.messages ?? [];
  const closing = (reason: 'load' | 'unload') => ({
    model: request.model,
    created_at: goTime(core.clock.now()),
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: reason,
  });
  if (asked.length === 0 && request.keep_alive === 0) {
    core.scheduler.unload(model);
    sendJson(exchange, 200, closing('unload'));
    return;
  }
  const thinks = resolveThink(request.think, model, request.model);
  requireCompletion(model, request.model, 'chat');
  requireCapabilities(model, request.tools?.length ? ['tools'] : []);
  const wish = { model, options: request.options, keepAliveMs: request.keep_alive, shift: request.shift };
  await withRunner(core, exchange, wish, async (inHand) => {
    stopwatch.loaded();
    if (asked.length === 0) {
      sendJson(exchange, 200, closing('load'));
      return;
    }
    const all = conversation(request, model);
    const { numCtx } = inHand.runner.engine.launch.options;
    const messages = request.truncate === false ? all : truncateChat(all, numCtx, model);
    const text = renderChat(messages);
    const images = countImages(messages);
    if (request._debug_render_only) {
      sendJson(exchange, 200, {
        model: request.model,
        created_at: goTime(core.clock.now()),
        message: { role: '', content: '' },
        done: false,
        _debug_info: { rendered_template: text, ...(images ? { image_count: images } : {}) },
      });
      return;
    }
    const prompt = { text, tokens: promptTokens(text, images, model), images };
    await answerGeneration(
      core,
      exchange,
      {
        inHand,
        prompt,
        thinks,
        format: request.format,
        tools: toolsToCall(request, messages),
        truncate: request.truncate !== false,
        shift: request.shift !== false,
      },
      { stream: request.stream !== false, shape: shapeOf(core, request, prompt, stopwatch) },
    );
  });
}
