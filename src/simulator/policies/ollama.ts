/** Ollama left to itself: every job is sent to it as it arrives. */
import { createHash } from 'node:crypto';
import { idleFirst, type ServerRules } from '../server/rules.ts';
import type { Runner } from '../server/runner.ts';
import type { SimulatedJob } from '../workload/workload.ts';
import type { Contender, ContenderFactory, Stage } from './contender.ts';
import { requestContender } from './request-contender.ts';

export interface OllamaSettings {
  /** `OLLAMA_MAX_LOADED_MODELS`; null for its own three for each GPU. */
  readonly mostLoaded: number | null;
  readonly keepAliveMs: number;
  /** Whether it goes by what engines remember of the card (v0.30 and later), or reads it. */
  readonly belief: ServerRules['belief'];
  /**
   * It knows none of its models yet: the first request for each has its files read, and whoever comes meanwhile waits for the same reading and
   * goes on with it, so that a crowd comes to its line grouped by models.
   */
  readonly isFresh: boolean;
}

const MODELS_PER_GPU = 3;
/** A further model is admitted when it is predicted to take no more of what is believed to be free. */
const ADMISSIBLE_SHARE = 0.8;

export const USUAL_OLLAMA: OllamaSettings = {
  mostLoaded: null,
  keepAliveMs: 300_000,
  belief: 'frozen',
  isFresh: false,
};

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

export function ollama(settings: OllamaSettings): ContenderFactory {
  const serve = requestContender(({ machine }) => ollamaRules(settings, machine.settings.gpuBytes.length));
  return (stage) => {
    const server = serve(stage);
    return settings.isFresh ? afterReading(server, stage) : server;
  };
}

/** What the files of a model take to be read, half as much more or less. */
const READING_MS = 10;

function afterReading(server: Contender, { clock, random }: Stage): Contender {
  const known = new Set<string>();
  const waiting = new Map<string, SimulatedJob[]>();
  const read = (model: string) => {
    known.add(model);
    for (const job of waiting.get(model) ?? []) server.arrive(job);
  };
  return {
    arrive: (job) => {
      const { model } = job;
      const together = waiting.get(model);
      if (known.has(model)) server.arrive(job);
      else if (together) together.push(job);
      else {
        waiting.set(model, [job]);
        clock.after(READING_MS * (0.5 + random.next()), () => read(model));
      }
    },
  };
}

/** The shortest first; among equals by the path of the weights, which is a hash. */
function byKeepAlive(a: Runner, b: Runner): number {
  if (a.keepAliveMs !== b.keepAliveMs) return a.keepAliveMs - b.keepAliveMs;
  return hashOf(a) < hashOf(b) ? -1 : 1;
}

function hashOf({ model }: Runner): string {
  return createHash('sha256').update(model.name).digest('hex');
}
