/** The thread in which large bodies are decoded. */
import { type Decoded, type DecodeTask, decodeForCaller } from '../http/body-reader.ts';
import { OllamaError } from '../ollama-api/errors.ts';
import { decoderNamed } from './decoders.ts';

export function decode(task: DecodeTask): Decoded {
  const decoder = decoderNamed(task.name);
  try {
    return decodeForCaller(decoder, task);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    return { refusal: { status: error.status, message: error.message } };
  }
}
