/** How far a download is. */
import type { ModelPull, PullProgress } from '../domain/model-operations.ts';

export type PullFigures = Pick<ModelPull, 'step' | 'completedBytes' | 'totalBytes'>;

/**
 * Sums the layers of a download. Neither sum ever goes back: a part that has to be fetched again (a broken connection, a wrong
 * checksum) stands still until it has caught up. The total grows while layers are still being named.
 */
export class PullTally {
  readonly #layers = new Map<string, { readonly completedBytes: number; readonly totalBytes: number }>();
  #figures: PullFigures = { step: 'waiting for the backend', completedBytes: 0, totalBytes: null };

  get figures(): PullFigures {
    return this.#figures;
  }

  add({ step, layer }: PullProgress): PullFigures {
    if (layer) {
      const before = this.#layers.get(layer.digest);
      const totalBytes = Math.max(layer.totalBytes, before?.totalBytes ?? 0);
      const completedBytes = Math.max(layer.completedBytes, before?.completedBytes ?? 0);
      this.#layers.set(layer.digest, { completedBytes: Math.min(completedBytes, totalBytes), totalBytes });
    }
    const layers = [...this.#layers.values()];
    this.#figures = {
      step,
      completedBytes: layers.reduce((sum, one) => sum + one.completedBytes, 0),
      totalBytes: layers.length === 0 ? null : layers.reduce((sum, one) => sum + one.totalBytes, 0),
    };
    return this.#figures;
  }
}
