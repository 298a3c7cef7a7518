/** The question whether models fit together, put to the system as it is. */
import type { VramUsage } from '../domain/gpu.ts';
import { bytesOn, type Footprint, totalBytes } from '../domain/instance.ts';
import type { InstanceState, ModelState, SystemView } from '../domain/system.ts';
import { formatBytes } from '../domain/units.ts';
import { backendById, backendsOf, gpuName, instancesOf } from './lookup.ts';
import {
  type BudgetGpu,
  type BudgetLine,
  type BudgetModel,
  type MemoryBudget,
  memoryBudget,
} from './memory-budget.ts';

export interface BudgetAnswer extends MemoryBudget {
  /** Of the ledgers as they are now. */
  readonly freeBytes: number;
  readonly explanation: readonly string[];
}

/** What is loaded or waited for, each name once. */
export function defaultModelNames(system: SystemView): readonly string[] {
  const names = [
    ...instancesOf(system).map((instance) => instance.variant.modelName),
    ...system.queues().map((queue) => queue.modelName),
  ];
  return [...new Set(names)].filter((name) => system.model(name) !== null);
}

export function budgetOf(system: SystemView, models: readonly ModelState[]): BudgetAnswer {
  return answerOf(
    system,
    models.map((model) => budgetModel(system, model)),
  );
}

export function answerOf(system: SystemView, models: readonly BudgetModel[]): BudgetAnswer {
  const asked = new Set(models.map((model) => model.weights));
  const staying = instancesOf(system)
    .filter((instance) => stays(system, instance) && !asked.has(instance.variant.weights))
    .flatMap((instance) => instance.footprint);
  const gpus = backendsOf(system).flatMap((backend) =>
    backend.gpus.map(
      ({ id, usage }): BudgetGpu => ({
        id,
        backendId: backend.id,
        oneInstancePerWeights: backend.capabilities.oneInstancePerWeights,
        freeBytes: Math.max(0, shareOfModels(usage) - bytesOn(id, staying)),
        headroomBytes: usage.headroomBytes,
        reservedBytes: usage.reservedBytes,
        movingBytes: 0,
      }),
    ),
  );
  const budget = memoryBudget(models, gpus);
  const all = backendsOf(system).flatMap((backend) => backend.gpus.map((gpu) => gpu.usage));
  return {
    ...budget,
    freeBytes: all.reduce((sum, usage) => sum + usage.freeBytes, 0),
    explanation: [
      sumLine(budget, gpus.length),
      ...budget.lines.map((line) => modelLine(system, line, gpus.length)),
      ...(budget.exact
        ? []
        : ['There were too many ways of placing them to try all; another may hold more.']),
    ],
  };
}

function shareOfModels({ totalBytes, headroomBytes, reservedBytes, foreignBytes }: VramUsage): number {
  return totalBytes - headroomBytes - reservedBytes - foreignBytes;
}

export function budgetModel(system: SystemView, model: ModelState): BudgetModel {
  const { name, weights } = model.info;
  const instance = instancesOf(system).find(
    (each) =>
      each.variant.weights === weights && model.backendIds.includes(each.backendId) && stays(system, each),
  );
  const isKept = model.backendIds.some((id) => backendById(system, id)?.capabilities.alwaysResident);
  const fixed: Footprint | null = instance?.footprint ?? (isKept ? [] : null);
  const estimate = system.vramEstimate(model, null);
  return {
    modelName: name,
    weights,
    footprintBytes: fixed ? totalBytes(fixed) : (estimate?.bytes ?? null),
    ...(estimate && { overhead: estimate.overhead }),
    measured: instance ? instance.loadedAt !== null : isKept || (estimate?.measured ?? false),
    backendIds: model.backendIds,
    fixed,
  };
}

/** Nobody unloads what is pinned, and nobody can unload what its server keeps. */
function stays(system: SystemView, { pinned, backendId }: InstanceState): boolean {
  return pinned || (backendById(system, backendId)?.capabilities.alwaysResident ?? false);
}

function sumLine({ fits, requiredBytes, capacityBytes, lines }: MemoryBudget, gpuCount: number): string {
  const models = `${lines.length} ${lines.length === 1 ? 'model needs' : 'models need'} ${formatBytes(requiredBytes)}`;
  const gpus =
    gpuCount === 0 ? 'no GPU is known' : `${gpuCount} ${gpuCount === 1 ? 'GPU holds' : 'GPUs hold'}`;
  const capacity = gpuCount === 0 ? '' : ` ${formatBytes(capacityBytes)} of models`;
  const verdict =
    gpuCount === 0
      ? 'Whether they fit cannot be told: without a GPU they lie in the memory of the host.'
      : fits
        ? 'They fit together.'
        : 'They do not all fit together.';
  return `${models}; ${gpus}${capacity}. ${verdict}`;
}

function modelLine(
  system: SystemView,
  { modelName, footprintBytes: bytes, measured, fits, placement }: BudgetLine,
  gpuCount: number,
): string {
  if (bytes === null) return `${modelName}: too little is known of it to say what it takes.`;
  const size = `${formatBytes(bytes)}, ${measured ? 'measured' : 'predicted'}`;
  if (gpuCount === 0) return `${modelName}: ${size}.`;
  if (!fits) return `${modelName}: ${size}; no room beside the others.`;
  if (placement.length === 0) return `${modelName}: on none of the GPUs that are known; its server keeps it.`;
  const places = placement.map((part) => {
    const gpu = system.gpu(part.gpuId);
    const name = gpu ? gpuName(system, gpu) : part.gpuId;
    return placement.length === 1 ? name : `${name} (${formatBytes(part.bytes)})`;
  });
  return `${modelName}: ${size}; on ${places.join(' and ')}.`;
}
