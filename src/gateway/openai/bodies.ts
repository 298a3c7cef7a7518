/** The bodies of the OpenAI-compatible API for the thread that decodes large ones. */
import type { BodyDecoder } from '../../http/body-reader.ts';
import {
  type ChatCompletionRequest,
  type CompletionRequest,
  type EmbeddingsRequest,
  readChatCompletion,
  readCompletion,
  readEmbeddings,
} from './shapes.ts';

export const CHAT_COMPLETION_BODY: BodyDecoder<ChatCompletionRequest> = {
  name: 'openai chat completion',
  decode: readChatCompletion,
};
export const COMPLETION_BODY: BodyDecoder<CompletionRequest> = {
  name: 'openai completion',
  decode: readCompletion,
};
export const EMBEDDINGS_BODY: BodyDecoder<EmbeddingsRequest> = {
  name: 'openai embeddings',
  decode: readEmbeddings,
};
export { RESPONSES_BODY } from './responses/shapes.ts';
