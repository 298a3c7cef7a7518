/** What can be made to go wrong at a virtual server of OpenAI's API. */
import type { JsonObject } from '../domain/json.ts';

export type FaultKind =
  /** Refused with `status`, and `Retry-After: retryAfter` where given. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfter?: string;
      readonly body?: JsonObject;
    }
  /** The connection is cut after so many bytes of the answer's body. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Nothing comes after so many bytes, and the connection stays open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** The answer ends in order after so many bytes, before it is complete. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** The answer is complete, and its connection stays open. */
  | { readonly kind: 'linger' }
  /** The engine gives up after half of the answer, and says so as `finish_reason`. */
  | { readonly kind: 'finish'; readonly reason: 'abort' | 'error' }
  /** In the place of the answer's first piece an error comes as an event. */
  | { readonly kind: 'event'; readonly error: JsonObject }
  /** What is no JSON comes in the place of the answer. */
  | { readonly kind: 'garbage' };

export type Fault = FaultKind & {
  /** Of requests whose path ends so; absent: of all. */
  readonly path?: string;
  /** How often it happens; default once. */
  readonly times?: number;
};

export class Faults {
  #planned: (Fault & { left: number })[] = [];

  add(fault: Fault): void {
    this.#planned.push({ ...fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#planned = [];
  }

  /** The first that is due for a request. */
  take(path: string): Fault | null {
    const fault = this.#planned.find((one) => one.left > 0 && path.endsWith(one.path ?? ''));
    if (!fault) return null;
    fault.left -= 1;
    return fault;
  }
}
