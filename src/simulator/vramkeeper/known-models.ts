/** The models of a workload as the registry would tell of them after their first loads: every size is known. */
import type { ModelInfo } from '../../domain/model.ts';
import { parseQueueKey } from '../../domain/queue-key.ts';
import type { ModelResolver, ResolvedModel } from '../../domain/resolver.ts';
import { loadMsAlone, type MachineSettings } from '../machine/settings.ts';
import type { SimulatedModel } from '../workload/workload.ts';

export const CONTEXT_LENGTH = 4_096;

export function infoOf({ name, weightsBytes }: SimulatedModel): ModelInfo {
  return {
    name,
    digest: name,
    weights: name,
    diskBytes: weightsBytes,
    family: null,
    parameterSize: null,
    quantization: null,
    contextLength: CONTEXT_LENGTH,
    defaultContextLength: null,
    capabilities: ['completion'],
    facts: null,
  };
}

/** @param keepAliveMs of each of them; null for as long as nobody needs its memory */
export function knownModels(
  models: readonly SimulatedModel[],
  machine: MachineSettings,
  keepAliveMs: number | null,
): ModelResolver {
  const byName = new Map(models.map((model) => [model.name, resolved(model, machine, keepAliveMs)]));
  return {
    version: 1,
    hasListed: () => true,
    isNamed: (weights) => byName.has(weights),
    resolve: (queue) => byName.get(parseQueueKey(queue).model) ?? null,
  };
}

function resolved(
  model: SimulatedModel,
  machine: MachineSettings,
  keepAliveMs: number | null,
): ResolvedModel {
  return {
    info: infoOf(model),
    variant: {
      modelName: model.name,
      weights: model.name,
      contextLength: CONTEXT_LENGTH,
      options: { num_ctx: CONTEXT_LENGTH, num_gpu: 999 },
      embedding: false,
    },
    config: { parallel: machine.slots, kvCacheType: 'f16', flashAttention: null },
    footprintBytes: model.bytes,
    predictedByServerBytes: model.predictedBytes,
    measured: true,
    loadMs: loadMsAlone(machine, model.weightsBytes),
    keepAliveMs,
  };
}
