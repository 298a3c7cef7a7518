/** The bodies of the OpenAI-compatible API for the thread that decodes large ones. */
import { bodyDecoder } from '../shared/body-decoder.ts';
import { readChatCompletion, readCompletion, readEmbeddings } from './shapes.ts';

export const CHAT_COMPLETION_BODY = bodyDecoder('openai chat completion', readChatCompletion);
export const COMPLETION_BODY = bodyDecoder('openai completion', readCompletion);
export const EMBEDDINGS_BODY = bodyDecoder('openai embeddings', readEmbeddings);
export { RESPONSES_BODY } from './responses/shapes.ts';
