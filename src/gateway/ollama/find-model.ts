/** The model that a request to Ollama's API names, and whether it can do what is asked, in Ollama's words. */
import type { ModelDirectory } from '../../accept/accept.ts';
import type { Capability, ModelInfo } from '../../domain/model.ts';
import type { TaskChoice } from '../../domain/task.ts';
import { OllamaError } from '../../ollama-api/errors.ts';
import { findNamed, type ModelWording } from '../../ollama-api/find-model.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';
import { fullName, parseModelName, shortName } from '../../ollama-api/model-name.ts';
import type { Think } from '../../ollama-api/request-fields.ts';

export interface FoundModel {
  /** As its backends list it; as Ollama would, while none has told its models. */
  readonly model: string;
  /** Null while no backend has told its models: its jobs wait. */
  readonly info: ModelInfo | null;
  /** The task that it was found by, for which the job is. Absent: it was named itself. */
  readonly task?: string;
}

/**
 * A name that is listed as it is written means that model, also where it is none of Ollama's names.
 * @throws as `findNamed`, and TaskNotFoundError
 */
export function findModel(models: ModelDirectory, name: string, wording: ModelWording): FoundModel {
  const choice = models.tasks?.choose(name);
  if (choice) return selectedModel(models, choice, wording);
  const written = models.find(name);
  if (written?.name === name) {
    wording.beforeLookup?.();
    return { model: name, info: written };
  }
  const found = findNamed(name, wording, (wanted) => {
    const info = models.find(shortName(wanted));
    if (info) return { name: parseModelName(info.name), info };
    return models.known ? undefined : { name: wanted, info: null };
  });
  return { model: found.info?.name ?? shortName(found.name), info: found.info };
}

/** Of a task, whose name need be none of Ollama's. */
function selectedModel(
  models: ModelDirectory,
  { task, option: { model } }: TaskChoice,
  wording: ModelWording,
): FoundModel {
  wording.beforeLookup?.();
  const info = models.find(model);
  if (!info && models.known) throw wording.missing(model);
  return { model: info?.name ?? model, info, task: task.name };
}

export interface TextDemands {
  readonly verb: 'generate' | 'chat';
  readonly think: Think | undefined;
  /** What else is needed, in the order in which Ollama names it. */
  readonly needs: readonly Capability[];
}

/** @throws OllamaError 400 where the model is known not to be able to */
export function requireAble({ model, info }: FoundModel, asked: string, demands: TextDemands): void {
  if (!info || info.capabilities.length === 0) return;
  const can = (capability: Capability) => info.capabilities.includes(capability);
  const { verb, think, needs } = demands;
  if (think && !can('thinking')) throw new OllamaError(400, `${quoteGo(asked)} does not support thinking`);
  if (!can('completion')) throw new OllamaError(400, `${quoteGo(asked)} does not support ${verb}`);
  const missing = needs.filter((capability) => !can(capability));
  if (missing.length > 0)
    throw new OllamaError(400, `${fullName(parseModelName(model))} does not support ${missing.join('\n')}`);
}

/** The request without thinking, where the model is known not to think: programs ask it of every model. */
export function relaxed<R extends { readonly think: Think | undefined }>(
  request: R,
  model: ModelInfo | null,
): R {
  const cannot = model !== null && model.capabilities.length > 0 && !model.capabilities.includes('thinking');
  return cannot && request.think ? { ...request, think: undefined } : request;
}
