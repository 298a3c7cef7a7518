/** A prompt that is too long, cut as Ollama cuts it: of a chat the oldest messages, of a prompt its beginning, of texts to embed their ends. */
import type { RunRequest } from '../../domain/backend.ts';
import { PromptTooLongError } from '../../domain/context-errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { ChatRequest, EmbedRequest, GenerateRequest, JobRequest } from '../../domain/request.ts';

/** A text that is no shorter than this is not cut further. */
const LEAST_CHARACTERS = 32;

/**
 * Asks with the whole prompt, and where that is refused as too long and may be cut, with half as much of it each time: only the server has the
 * model's tokenizer.
 * @throws what `ask` throws
 */
export async function withWholePrompt(
  { request, mayCut }: Pick<RunRequest, 'request' | 'mayCut'>,
  contextLength: number,
  ask: (request: JobRequest) => Promise<JobResult>,
): Promise<JobResult> {
  let asked = request;
  for (;;) {
    try {
      const result = await ask(asked);
      return { ...result, prompt: { truncated: asked !== request, contextLength } };
    } catch (error) {
      if (!(error instanceof PromptTooLongError)) throw error;
      if (asked === request && !mayCut?.(error)) throw error;
      const next = shorter(asked);
      if (next === null) throw error;
      asked = next;
    }
  }
}

function shorter(request: JobRequest): JobRequest | null {
  switch (request.kind) {
    case 'CHAT':
      return shorterChat(request);
    case 'GENERATE':
      return shorterPrompt(request);
    case 'EMBED':
      return shorterTexts(request);
    default:
      return request satisfies never;
  }
}

/** What the system says stays, and the last message. */
function shorterChat(request: ChatRequest): ChatRequest | null {
  const last = request.messages.length - 1;
  const old = request.messages.flatMap(({ role }, place) =>
    place < last && role.toLowerCase() !== 'system' ? [place] : [],
  );
  if (old.length === 0) return null;
  const left = new Set(old.slice(0, Math.ceil(old.length / 2)));
  return { ...request, messages: request.messages.filter((_, place) => !left.has(place)) };
}

function shorterPrompt(request: GenerateRequest): GenerateRequest | null {
  const { prompt } = request;
  if (prompt.length < 2 * LEAST_CHARACTERS) return null;
  return { ...request, prompt: prompt.slice(Math.ceil(prompt.length / 2)) };
}

/** The longest of them decides. */
function shorterTexts(request: EmbedRequest): EmbedRequest | null {
  const longest = request.input.reduce((most, { length }) => Math.max(most, length), 0);
  if (longest < 2 * LEAST_CHARACTERS) return null;
  const most = Math.ceil(longest / 2);
  return { ...request, input: request.input.map((text) => text.slice(0, most)) };
}
