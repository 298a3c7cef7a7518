/** Follows GPU memory and what is in it. */
import type { ApiClient } from '../../client/api-client.ts';
import { VramUpdates } from '../../client/documents.ts';
import type { VramUpdatesSubscription } from '../../client/generated/graphql.ts';

export interface Memory {
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly resident: readonly string[];
  readonly loading: readonly string[];
}

export class VramWatch {
  readonly #api: ApiClient;
  readonly #onChange: (memory: Memory) => void;
  readonly #ending = new AbortController();
  #listening: Promise<void> | undefined;

  constructor(api: ApiClient, onChange: (memory: Memory) => void) {
    this.#api = api;
    this.#onChange = onChange;
  }

  start(): void {
    this.#listening ??= this.#listen();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#listening;
  }

  /** A stream that breaks only leaves the picture as it was: nothing depends on it. */
  async #listen(): Promise<void> {
    try {
      const events = this.#api.subscribe(VramUpdates, {}, this.#ending.signal);
      for await (const { vramChanged } of events) this.#onChange(memoryOf(vramChanged));
    } catch {
      // As said above.
    }
  }
}

function memoryOf({ backends }: VramUpdatesSubscription['vramChanged']): Memory {
  const instances = backends.flatMap((backend) => backend.instances);
  const named = (...statuses: readonly string[]) =>
    instances.filter((instance) => statuses.includes(instance.status)).map((instance) => instance.modelName);
  return {
    usedBytes: backends.reduce((sum, backend) => sum + backend.vram.usedBytes, 0),
    totalBytes: backends.reduce((sum, backend) => sum + backend.vram.totalBytes, 0),
    resident: named('READY', 'DRAINING'),
    loading: named('LOADING'),
  };
}
