/** Whether an Ollama answers at a URL, and what it has. */
import { type Address, askModels, askOllama, type OllamaAnswer } from '../../backend/ollama/answer.ts';
import { type Clock, systemClock } from '../../clock.ts';

export type OllamaCheck =
  | { readonly kind: 'answers'; readonly version: string; readonly models: readonly string[] }
  | Exclude<OllamaAnswer, { kind: 'answers' }>;

export async function checkOllama(address: Address, clock: Clock = systemClock): Promise<OllamaCheck> {
  const answer = await askOllama(address, clock);
  if (answer.kind !== 'answers') return answer;
  const models = await askModels(address, clock);
  return models.kind === 'answers' ? { ...answer, models: models.answer } : models;
}

/** What to do where nobody answers. */
export function startOllamaHint(): string {
  return `Start it with "ollama serve" (https://ollama.com/download), or name another address with OLLAMA_HOST or --backend.`;
}
