/** What `/api/show` told of models, by manifest digest, which changes whenever anything about a model does. Survives restarts. */
import { z } from 'zod';
import { messageOf } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Store } from '../../domain/store.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ShowFacts } from './show-facts.ts';

/** Grows with every change of what is told, so that entries of other versions are asked for anew. */
const SPACE = 'model-facts-1';

/** As far as a mistake would show: the rest is ours, written by the same version. */
const entry = z.looseObject({
  weights: z.string().nullable(),
  contextLength: z.number().nullable(),
  defaultContextLength: z.number().nullable(),
  capabilities: z.array(z.string()).nullable(),
  facts: z.looseObject({ architecture: z.string(), other: z.record(z.string(), z.number()) }).nullable(),
  runnerOptions: z.record(z.string(), z.union([z.number(), z.boolean()])),
});

export interface KnownFacts {
  get(digest: string): ShowFacts | undefined;
  add(digest: string, facts: ShowFacts): void;
}

/** For as long as this process lives. */
export function factsInMemory(): KnownFacts {
  const known = new Map<string, ShowFacts>();
  return { get: (digest) => known.get(digest), add: (digest, facts) => void known.set(digest, facts) };
}

export class StoredFacts implements KnownFacts {
  readonly #known = new Map<string, ShowFacts>();
  readonly #store: Pick<Store, 'remember' | 'recall'>;
  readonly #logger: Pick<Logger, 'warn'>;

  constructor(store: Pick<Store, 'remember' | 'recall'>, logger: Pick<Logger, 'warn'>) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Recalls what earlier runs were told. */
  async start(): Promise<void> {
    for (const [digest, value] of await this.#store.recall(SPACE)) {
      if (entry.safeParse(value).success) this.#known.set(digest, value as unknown as ShowFacts);
    }
  }

  get(digest: string): ShowFacts | undefined {
    return this.#known.get(digest);
  }

  add(digest: string, facts: ShowFacts): void {
    this.#known.set(digest, facts);
    this.#store.remember(SPACE, digest, facts as unknown as Json).catch((error: unknown) => {
      this.#logger.warn(`The facts of a model could not be stored: ${messageOf(error)}`);
    });
  }
}
