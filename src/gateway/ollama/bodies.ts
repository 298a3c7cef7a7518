/** The bodies of requests for inference, as Ollama decodes them. Images become bytes where they are decoded, which may be another thread. */
import type { ImageSource } from '../../domain/request.ts';
import type { BodyDecoder } from '../../http/body-reader.ts';
import { type Decoded, decodeBody, type Shape } from '../../ollama-api/go-decode.ts';
import {
  CHAT_REQUEST,
  type ChatRequest,
  EMBED_REQUEST,
  EMBEDDING_REQUEST,
  GENERATE_REQUEST,
  type GenerateRequest,
} from '../../ollama-api/request-shapes.ts';

type WithImages<T extends { readonly images: readonly string[] | undefined }> = Omit<T, 'images'> & {
  readonly images: readonly ImageSource[] | undefined;
};

export type GenerateBody = WithImages<GenerateRequest>;
export type MessageBody = WithImages<NonNullable<ChatRequest['messages']>[number]>;
export type ChatBody = Omit<ChatRequest, 'messages'> & {
  readonly messages: readonly MessageBody[] | undefined;
};

export const GENERATE_BODY = body('GenerateRequest', GENERATE_REQUEST, withBytes);
export const CHAT_BODY = body(
  'ChatRequest',
  CHAT_REQUEST,
  (request): ChatBody => ({
    ...request,
    messages: request.messages?.map(withBytes),
  }),
);
export const EMBED_BODY = body('EmbedRequest', EMBED_REQUEST, (request) => request);
export const EMBEDDINGS_BODY = body('EmbeddingRequest', EMBEDDING_REQUEST, (request) => request);

function body<S extends Shape, T>(
  name: string,
  shape: S,
  finish: (request: Decoded<S>) => T,
): BodyDecoder<T> {
  return { name: `ollama ${name}`, decode: (text) => finish(decodeBody(name, shape, text)) };
}

function withBytes<T extends { readonly images: readonly string[] | undefined }>(from: T): WithImages<T> {
  return { ...from, images: from.images?.map((image) => new Uint8Array(Buffer.from(image, 'base64'))) };
}
