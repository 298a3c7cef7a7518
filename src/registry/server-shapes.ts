/** What memory is taken for on servers that others run: what was said, or what their loads show. */
import type { BackendId } from '../domain/ids.ts';
import { predictFootprint } from './footprint/predict.ts';
import type { Inventory } from './inventory.ts';
import type { LearnedFootprints } from './learned/learned-footprints.ts';
import { inferShape, type ServerShape, type ShapeEvidence } from './learned/server-shape.ts';
import type { VariantRules } from './variant-rules.ts';

export class ServerShapes {
  readonly #rules: VariantRules;
  readonly #learned: LearnedFootprints;
  readonly #shapes = new Map<BackendId, { readonly version: number; readonly shape: ServerShape | null }>();

  constructor(rules: VariantRules, learned: LearnedFootprints) {
    this.#rules = rules;
    this.#learned = learned;
  }

  /**
   * Null in processes of our own.
   * @param version grows whenever something was learned or listed
   */
  of(backendId: BackendId, inventory: Inventory | undefined, version: number): ServerShape | null {
    const known = this.#shapes.get(backendId);
    if (known?.version === version) return known.shape;
    const said = this.#rules.serverShape(backendId);
    const shape = said && inferShape(said, inventory ? this.#evidence(backendId, inventory) : []);
    this.#shapes.set(backendId, { version, shape });
    return shape;
  }

  #evidence(backendId: BackendId, { byWeights, serverVersion }: Inventory): readonly ShapeEvidence[] {
    return [...this.#learned.of(backendId)].flatMap((entry) => {
      const model = byWeights.get(entry.weights)?.[0];
      const newest = entry.observations.at(-1);
      if (!model?.facts || newest?.serverVersion !== serverVersion || this.#rules.hasOneSlot(model))
        return [];
      const { contextLength } = entry;
      const predict = ({ slots, kvCacheType }: ServerShape) => {
        const config = { parallel: slots, kvCacheType, flashAttention: null };
        const question = { model, contextLength, config, embedding: false, serverVersion, driverBytes: 0 };
        return predictFootprint(question).totalBytes;
      };
      return [{ key: `${entry.weights} ${contextLength}`, sizeBytes: newest.sizeBytes, predict }];
    });
  }
}
