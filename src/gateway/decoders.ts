/** Every decoder of a body that may be large, by its name. */
import { type BodyDecoder, JSON_BODY } from '../http/body-reader.ts';
import { CHAT_BODY, EMBED_BODY, EMBEDDINGS_BODY, GENERATE_BODY } from './ollama/bodies.ts';

const DECODERS: readonly BodyDecoder<unknown>[] = [
  CHAT_BODY,
  EMBED_BODY,
  EMBEDDINGS_BODY,
  GENERATE_BODY,
  JSON_BODY,
];

const BY_NAME = new Map(DECODERS.map((decoder) => [decoder.name, decoder]));

export function decoderNamed(name: string): BodyDecoder<unknown> {
  const decoder = BY_NAME.get(name);
  if (!decoder) throw new Error(`No decoder has the name ${name}.`);
  return decoder;
}
