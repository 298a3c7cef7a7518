/** Whether an Ollama answers at a URL, and what it has. */
import { z } from 'zod';
import { type Clock, systemClock } from '../clock.ts';

const TIMEOUT_MS = 3_000;

const versionAnswer = z.object({ version: z.string() });
const tagsAnswer = z.object({ models: z.array(z.object({ name: z.string() })) });

export type OllamaCheck =
  | { readonly kind: 'answers'; readonly version: string; readonly models: readonly string[] }
  /** Something listens there that is no Ollama. */
  | { readonly kind: 'strange'; readonly said: string }
  | { readonly kind: 'silent' };

export async function checkOllama(url: string, clock: Clock = systemClock): Promise<OllamaCheck> {
  const late = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => late.abort());
  try {
    const version = await answer(`${url}/api/version`, versionAnswer, late.signal);
    if (typeof version === 'string') return { kind: 'strange', said: version };
    const tags = await answer(`${url}/api/tags`, tagsAnswer, late.signal);
    if (typeof tags === 'string') return { kind: 'strange', said: tags };
    return { kind: 'answers', version: version.version, models: tags.models.map((model) => model.name) };
  } catch {
    return { kind: 'silent' };
  } finally {
    timer.cancel();
  }
}

/** The answer, or a word on why it is none. */
async function answer<T>(url: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | string> {
  const response = await fetch(url, { signal });
  const text = await response.text();
  if (!response.ok) return `status ${response.status}`;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : 'an answer that is not from Ollama';
  } catch {
    return 'an answer that is not JSON';
  }
}

/** What to do where nobody answers. */
export function startOllamaHint(): string {
  return `Start it with "ollama serve" (https://ollama.com/download), or name another address with OLLAMA_HOST or --backend.`;
}
