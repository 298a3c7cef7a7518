/** Which instances share a gate: requests pass one engine together. */
import type { Backend, LoadSpec } from '../domain/backend.ts';
import { Gate } from './gate.ts';
import type { Run } from './held-instance.ts';

/** The gates of engines: a server that others run has one for each set of weights, of our own processes each instance has one. */
export class Gates {
  readonly #shared = new Map<string, Gate<Run>>();

  of(backend: Pick<Backend, 'id' | 'capabilities'>, { variant }: LoadSpec): Gate<Run> {
    if (!backend.capabilities.shared) return new Gate();
    const key = `${backend.id} ${variant.weights}`;
    const gate = this.#shared.get(key) ?? new Gate();
    this.#shared.set(key, gate);
    return gate;
  }
}
