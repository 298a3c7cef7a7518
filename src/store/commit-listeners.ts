/** Who is told what each commit changed. */
import { messageOf } from '../domain/errors.ts';
import type { JobChange } from '../domain/store.ts';

type Listener = (changes: readonly JobChange[]) => void;

export class CommitListeners {
  readonly #listeners = new Set<Listener>();
  readonly #failed: (error: string) => void;

  /** @param failed told of what a listener threw */
  constructor(failed: (error: string) => void) {
    this.#failed = failed;
  }

  add(listener: Listener): () => void {
    const own: Listener = (changes) => listener(changes);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  tell(changes: readonly JobChange[]): void {
    if (changes.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        // One listener's mistake must not keep the others, or the callers of a commit that is on disk, from knowing.
        this.#failed(messageOf(error));
      }
    }
  }
}
