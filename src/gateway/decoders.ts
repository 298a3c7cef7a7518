/** Every decoder of a body that may be large, by its name. */
import { type BodyDecoder, JSON_BODY, WHOLE_JSON_BODY } from '../http/body-reader.ts';
import * as anthropic from './anthropic/bodies.ts';
import * as ollama from './ollama/bodies.ts';
import * as openai from './openai/bodies.ts';

const DECODERS: readonly BodyDecoder<unknown>[] = [
  JSON_BODY,
  WHOLE_JSON_BODY,
  ...[ollama, openai, anthropic].flatMap((bodies) => Object.values(bodies)),
];

const BY_NAME = new Map(DECODERS.map((decoder) => [decoder.name, decoder]));

export function decoderNamed(name: string): BodyDecoder<unknown> {
  const decoder = BY_NAME.get(name);
  if (!decoder) throw new Error(`No decoder has the name ${name}.`);
  return decoder;
}
