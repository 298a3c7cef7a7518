/** What the settings say of an Ollama that others run, beside what its environment says where that can be seen. */
import type { OllamaBackendConfig } from '../../config/config.ts';
import { isLoopback } from '../../domain/loopback.ts';
import type { SettingNote } from './backend-type.ts';

/**
 * Ollama's settings are not in its API. On its own machine they are often in this environment too, and then they can be
 * compared; a service has an environment of its own, which only its owner can see.
 */
export function ollamaNotes(
  backend: OllamaBackendConfig,
  env: Readonly<Record<string, string | undefined>>,
): readonly SettingNote[] {
  return [...compared(backend, env), countNote(backend)];
}

function compared(
  { url, parallel: said, maxLoadedModels }: OllamaBackendConfig,
  env: Readonly<Record<string, string | undefined>>,
): readonly SettingNote[] {
  if (!isLoopback(new URL(url).hostname))
    return [{ level: 'ok', text: `parallel: ${said}; it has to be the OLLAMA_NUM_PARALLEL of that machine` }];
  const notes: SettingNote[] = [];
  const warn = (text: string) => notes.push({ level: 'warn', text });
  const parallel = numberOf(env.OLLAMA_NUM_PARALLEL);
  const most = numberOf(env.OLLAMA_MAX_LOADED_MODELS);
  if (parallel !== null && parallel > 0 && parallel !== said)
    warn(`OLLAMA_NUM_PARALLEL is ${parallel} here, but the settings say parallel: ${said}. Make them equal.`);
  if (most !== null && most > 0 && maxLoadedModels !== null && most !== maxLoadedModels)
    warn(
      `OLLAMA_MAX_LOADED_MODELS is ${most} here, but the settings say maxLoadedModels: ${maxLoadedModels}. Make them equal.`,
    );
  if (most !== null && most > 0 && maxLoadedModels === null)
    warn(
      `OLLAMA_MAX_LOADED_MODELS is ${most} here. Add maxLoadedModels: ${most} to the backend, or its server will evict models on its own.`,
    );
  if (notes.length > 0) return notes;
  const why = parallel === null ? " (Ollama's default, unless its service sets OLLAMA_NUM_PARALLEL)" : '';
  return [{ level: 'ok', text: `parallel: ${said}${why}` }];
}

/** Said always: it makes models leave while memory is free. */
function countNote({ maxLoadedModels }: OllamaBackendConfig): SettingNote {
  const most =
    maxLoadedModels === null ? "3 models for each GPU (Ollama's default)" : `${maxLoadedModels} models`;
  const text = `maxLoadedModels: no more than ${most} in memory at once, whatever is free. It goes together with the server's OLLAMA_MAX_LOADED_MODELS`;
  return { level: 'ok', text };
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : null;
}
