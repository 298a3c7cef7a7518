/** The thread in which large bodies are decoded. */
import type { Decoded, DecodeTask } from '../http/body-reader.ts';
import { OllamaError } from '../ollama-api/errors.ts';
import { decoderNamed } from './decoders.ts';

export function decode({ name, bytes }: DecodeTask): Decoded {
  const decoder = decoderNamed(name);
  try {
    return {
      value: decoder.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')),
    };
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    return { refusal: { status: error.status, message: error.message } };
  }
}
