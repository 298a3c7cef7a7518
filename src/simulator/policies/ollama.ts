/** Ollama left to itself: every job is sent to it as it arrives. */
import { createHash } from 'node:crypto';
import { idleFirst, type ServerRules } from '../server/rules.ts';
import type { Runner } from '../server/runner.ts';
import { requestContender } from './request-contender.ts';

export interface OllamaSettings {
  /** `OLLAMA_MAX_LOADED_MODELS`; null for its own three for each GPU. */
  readonly mostLoaded: number | null;
  readonly keepAliveMs: number;
  /** Whether it goes by what engines remember of the card (v0.30 and later), or reads it. */
  readonly belief: ServerRules['belief'];
}

const MODELS_PER_GPU = 3;
/** A further model is admitted when it is predicted to take no more of what is believed to be free. */
const ADMISSIBLE_SHARE = 0.8;

export const USUAL_OLLAMA: OllamaSettings = { mostLoaded: null, keepAliveMs: 300_000, belief: 'frozen' };

export function ollamaRules(settings: OllamaSettings, gpus: number): ServerRules {
  return {
    mostLoaded: settings.mostLoaded ?? MODELS_PER_GPU * Math.max(1, gpus),
    keepAliveMs: settings.keepAliveMs,
    admissibleShare: ADMISSIBLE_SHARE,
    belief: settings.belief,
    servesVictims: true,
    victims: ({ runners }) => idleFirst(runners, byKeepAlive).slice(0, 1),
  };
}

export function ollama(settings: OllamaSettings) {
  return requestContender(({ machine }) => ollamaRules(settings, machine.settings.gpuBytes.length));
}

/** The shortest first; among equals by the path of the weights, which is a hash. */
function byKeepAlive(a: Runner, b: Runner): number {
  if (a.keepAliveMs !== b.keepAliveMs) return a.keepAliveMs - b.keepAliveMs;
  return hashOf(a) < hashOf(b) ? -1 : 1;
}

function hashOf({ model }: Runner): string {
  return createHash('sha256').update(model.name).digest('hex');
}
