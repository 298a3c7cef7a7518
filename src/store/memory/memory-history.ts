/** The past, in memory. */
import type { InstanceId } from '../../domain/ids.ts';
import {
  type Residency,
  type ResidencyList,
  type ResidencyQuery,
  residencyList,
} from '../../domain/residency.ts';
import type { HistoryTables } from '../history-tables.ts';

export class MemoryHistory implements HistoryTables {
  /** In the order in which they came. */
  readonly #residencies = new Map<InstanceId, Residency>();

  putResidency(residency: Residency): void {
    this.#residencies.set(residency.id, residency);
  }

  openResidencies(): readonly Residency[] {
    return [...this.#residencies.values()].filter(({ goneAt }) => goneAt === null);
  }

  interruptedResidencies(): readonly Residency[] {
    return [...this.#residencies.values()].filter(({ interrupted }) => interrupted);
  }

  pruneResidencies(time: number, most: number): void {
    let surplus = this.#residencies.size - most;
    for (const [id, { goneAt }] of this.#residencies) {
      if (surplus > 0 || (goneAt !== null && goneAt <= time)) this.#residencies.delete(id);
      surplus -= 1;
    }
  }

  residencies(query: ResidencyQuery): ResidencyList {
    const { from, to, modelName } = query;
    const found = [...this.#residencies.values()]
      .filter((one) => (one.goneAt ?? Number.POSITIVE_INFINITY) > from && one.loadingAt < to)
      .filter((one) => modelName === undefined || one.modelName === modelName)
      .sort((a, b) => a.loadingAt - b.loadingAt);
    return residencyList(found, query);
  }
}
