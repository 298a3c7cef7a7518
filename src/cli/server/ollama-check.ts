/** Whether an Ollama answers at a URL, and what it has. */
import { z } from 'zod';
import { type Address, ask, askOllama, type OllamaAnswer } from '../../backend/ollama/answer.ts';
import { type Clock, systemClock } from '../../clock.ts';

const tagsAnswer = z.object({ models: z.array(z.object({ name: z.string() })) });

export type OllamaCheck =
  | { readonly kind: 'answers'; readonly version: string; readonly models: readonly string[] }
  | Exclude<OllamaAnswer, { kind: 'answers' }>;

export async function checkOllama(address: Address, clock: Clock = systemClock): Promise<OllamaCheck> {
  const answer = await askOllama(address, clock);
  if (answer.kind !== 'answers') return answer;
  const tags = await ask({ ...address, url: `${address.url}/api/tags` }, tagsAnswer, clock);
  if (tags.kind !== 'answers') return tags;
  return { ...answer, models: tags.answer.models.map((model) => model.name) };
}

/** What to do where nobody answers. */
export function startOllamaHint(): string {
  return `Start it with "ollama serve" (https://ollama.com/download), or name another address with OLLAMA_HOST or --backend.`;
}
