/** Jobs that count before they are committed, until a turn has claimed them: each takes a slot that the next one does not find. */
import type { InstanceId } from '../domain/ids.ts';

export class ExpectedClaims {
  readonly #byInstance = new Map<InstanceId, number>();
  readonly #byClient = new Map<string, number>();

  /** For the instance. */
  on(instance: InstanceId): number {
    return this.#byInstance.get(instance) ?? 0;
  }

  of(client: string): number {
    return this.#byClient.get(client) ?? 0;
  }

  add(instance: InstanceId, client: string): void {
    this.#byInstance.set(instance, this.on(instance) + 1);
    this.#byClient.set(client, this.of(client) + 1);
  }

  clear(): void {
    this.#byInstance.clear();
    this.#byClient.clear();
  }
}
