/** The models of a server as it lists them, in our words. */
import { createHash } from 'node:crypto';
import type { Capability, ModelInfo } from '../../domain/model.ts';
import { openAiNames } from './model-names.ts';
import type { ServerFacts } from './server-facts.ts';
import type { ListedModel } from './wire.ts';

/** Models for embeddings by what people call them, where a server has others, too. */
export const EMBEDS_BY_NAME = /(^|[-_/.:])(text-?)?(embed(ding)?s?|bge|gte|e5|minilm)([-_/.:]|$)/i;

export function modelInfo(listed: ListedModel, server: ServerFacts, isAlone: boolean): ModelInfo {
  const { id, meta, root, max_model_len } = listed;
  const name = openAiNames.canonical(id);
  // No more than its name and place: what else is told of it comes and goes with its loads.
  const weights = digestOf([id, root ?? null]);
  const trained = meta?.n_ctx_train ?? null;
  const slot = max_model_len ?? meta?.n_ctx ?? (isAlone ? server.contextLength : null);
  return {
    name,
    digest: digestOf([weights, slot]),
    weights,
    diskBytes: meta?.size ?? 0,
    family: null,
    parameterSize: meta?.n_params ? parameterSize(meta.n_params) : null,
    quantization: typeof meta?.ftype === 'string' ? meta.ftype : null,
    // Nothing can be loaded with more than what it runs with now.
    contextLength: slot ?? trained,
    defaultContextLength: slot,
    capabilities: capabilities(name, server, isAlone),
    facts: null,
    // What its server was started with holds.
    launch: { contextIsFixed: true },
  };
}

/**
 * What a server does not deny is tried: it is the one to refuse. Where one model of several is for embeddings only its name tells.
 */
function capabilities(name: string, server: ServerFacts, isAlone: boolean): readonly Capability[] {
  const writes = server.chats || server.completes;
  const isForVectors = server.embeds && (!writes || EMBEDS_BY_NAME.test(name));
  if (isForVectors) return ['embedding'];
  if (!writes) return [];
  return [
    'completion',
    'tools',
    'thinking',
    ...(server.sees !== false ? (['vision'] as const) : []),
    ...(server.hears ? (['audio'] as const) : []),
    ...(server.embeds && isAlone ? (['embedding'] as const) : []),
  ];
}

export function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** As models are called: `135M`, `8.0B`. */
function parameterSize(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)}B` : `${Math.round(count / 1e6)}M`;
}
