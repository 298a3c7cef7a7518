import { append } from '../../domain/long-lists.ts';
import {
  INPUT_TOO_LONG,
  ModelRequiredError,
  modelNotFound,
  OllamaError,
  pullItFirst,
} from '../../ollama-api/errors.ts';
import { type Exchange, sendJson } from '../../ollama-api/exchange.ts';
import { decodeBody } from '../../ollama-api/go-decode.ts';
import { EMBED_REQUEST, EMBEDDING_REQUEST } from '../../ollama-api/request-shapes.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import { normalized, shortestFloat32 } from '../core/embedding.ts';
import type { Engine } from '../core/engine.ts';
import { EngineError, isOutOfMemory } from '../core/errors.ts';
import { countTokens } from '../core/text.ts';
import { quoting } from './generation.ts';
import { findModel, omitZero, Stopwatch, withRunner } from './inference.ts';

interface Embedded {
  readonly vector: number[];
  readonly tokens: number;
}

/** Tokens that the tokenizer adds at both ends. */
const FRAME_TOKENS = 2;

function embed(engine: Engine, exchange: Exchange, text: string): Promise<Embedded> {
  const { promise, resolve, reject } = Promise.withResolvers<Embedded>();
  const running = engine.embed(text, {
    done: (vector, tokens) => resolve({ vector, tokens }),
    failed: reject,
  });
  const onAbort = () => {
    running.cancel();
    reject(new OllamaError(499, 'request canceled'));
  };
  exchange.signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => exchange.signal.removeEventListener('abort', onAbort));
}

/** @throws OllamaError 400 unless it is a text, or a list of texts. */
function readInput(input: unknown): string[] {
  if (input === undefined || input === '') return [];
  if (typeof input === 'string') return [input];
  if (Array.isArray(input) && input.every((item) => typeof item === 'string')) return input;
  throw new OllamaError(400, 'invalid input type');
}

/** The text cut to the context, or refused. @throws OllamaError 400 */
function fitInput(text: string, numCtx: number, truncate: boolean): string {
  const limit = numCtx - FRAME_TOKENS;
  if (limit <= 0) throw new OllamaError(400, 'input after truncation exceeds maximum context length');
  if (countTokens(text) <= limit) return text;
  if (!truncate) throw new OllamaError(400, INPUT_TOO_LONG);
  return 'tok '.repeat(limit);
}

/** POST /api/embed: any model, and none of the input for a load. */
export async function embedRoute(core: VirtualOllamaCore, exchange: Exchange): Promise<void> {
  const stopwatch = new Stopwatch(core);
  const request = decodeBody('EmbedRequest', EMBED_REQUEST, await exchange.text());
  // Ollama looks at the name's form first, then at the input, then for the model.
  const input: string[] = [];
  const model = findModel(core, request.model, {
    empty: () => modelNotFound(request.model),
    missing: pullItFirst,
    beforeLookup: () => append(input, readInput(request.input)),
  });
  const wish = { model, options: request.options, keepAliveMs: request.keep_alive };
  await withRunner(core, exchange, wish, async ({ runner, options }) => {
    stopwatch.loaded();
    if (input.length === 0) {
      sendJson(exchange, 200, { model: request.model, embeddings: [] });
      return;
    }
    if (core.faults.take('quotePrompt')) throw quoting(input.join(' '));
    const numCtx = Math.min(options.runner.numCtx, model.facts.contextLength);
    try {
      const results = await Promise.all(
        input.map((text) =>
          embed(runner.engine, exchange, fitInput(text, numCtx, request.truncate !== false)),
        ),
      );
      if (results.some(({ vector }) => vector.some(Number.isNaN)))
        throw new OllamaError(500, 'failed to encode response: json: unsupported value: NaN');
      sendJson(exchange, 200, {
        model: request.model,
        embeddings: results.map(({ vector }) => shorten(vector, request.dimensions).map(shortestFloat32)),
        ...stopwatch.durations(),
        ...omitZero({ prompt_eval_count: results.reduce((sum, { tokens }) => sum + tokens, 0) }),
      });
    } catch (error) {
      if (error instanceof Error && isOutOfMemory(error)) core.scheduler.expireAll();
      // An error without a status of its own is answered 400 here.
      throw error instanceof EngineError ? new OllamaError(400, error.message, { cause: error }) : error;
    }
  });
}

function shorten(vector: readonly number[], dimensions: number): number[] {
  const whole = normalized(vector);
  return dimensions > 0 && dimensions < whole.length ? normalized(whole.slice(0, dimensions)) : whole;
}

/** POST /api/embeddings, the older form: one text, not normalised, no metrics. */
export async function embeddingsRoute(core: VirtualOllamaCore, exchange: Exchange): Promise<void> {
  const request = decodeBody('EmbeddingRequest', EMBEDDING_REQUEST, await exchange.text());
  const model = findModel(core, request.model, {
    empty: () => new ModelRequiredError(),
    missing: pullItFirst,
    matchesCase: true,
  });
  const wish = { model, options: request.options, keepAliveMs: request.keep_alive };
  await withRunner(core, exchange, wish, async ({ runner }) => {
    if (request.prompt === '') {
      sendJson(exchange, 200, { embedding: [] });
      return;
    }
    const { vector } = await embed(runner.engine, exchange, request.prompt);
    sendJson(exchange, 200, { embedding: vector });
  });
}
