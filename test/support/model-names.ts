/** Names where every backend is an Ollama. */
import { ollamaNames } from '../../src/backend/ollama/model-names.ts';
import type { ModelNames } from '../../src/domain/model-names.ts';
import { ModelDirectory, type NameRules } from '../../src/registry/model-directory.ts';

export const ollamaRules: NameRules = { of: () => ollamaNames, all: [ollamaNames] };

/** What names mean where no backend has told its models. */
export function namesOfOllama(suggestions: readonly string[] = []): ModelNames {
  const directory = new ModelDirectory(ollamaRules, new Map());
  return {
    resolve: (name) => directory.resolve(name),
    on: (name, backendId) => directory.on(name, backendId),
    isName: (name) => directory.isName(name),
    suggest: () => suggestions,
  };
}
