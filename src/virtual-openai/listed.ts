/** How a virtual server lists its models. */
import type { JsonObject } from '../domain/json.ts';
import type { Flavour, VirtualModel } from './settings.ts';

const USUAL_CONTEXT = 4_096;

export function listed(model: VirtualModel, flavour: Flavour): JsonObject {
  const common = { id: model.id, object: 'model', created: 1_764_460_800, owned_by: flavour };
  switch (flavour) {
    case 'llama.cpp': {
      const contextLength = contextOf(model);
      const meta = { n_ctx: contextLength, n_ctx_train: 131_072, n_params: 8e9, size: model.bytes ?? 4.9e9 };
      return { ...common, meta };
    }
    case 'vllm':
      return { ...common, root: model.id, max_model_len: contextOf(model) };
    case 'plain':
    case 'company':
      return common;
    default:
      return flavour satisfies never;
  }
}

export function contextOf(model: VirtualModel | undefined): number {
  return model?.contextLength ?? USUAL_CONTEXT;
}
