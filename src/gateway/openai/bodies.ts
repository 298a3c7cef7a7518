/** The bodies of the OpenAI-compatible API for the thread that decodes large ones. */
import { readChatCompletion, readCompletion, readEmbeddings } from './shapes.ts';

export const CHAT_COMPLETION_BODY = { name: 'openai chat completion', decode: readChatCompletion };
export const COMPLETION_BODY = { name: 'openai completion', decode: readCompletion };
export const EMBEDDINGS_BODY = { name: 'openai embeddings', decode: readEmbeddings };
export { RESPONSES_BODY } from './responses/shapes.ts';
