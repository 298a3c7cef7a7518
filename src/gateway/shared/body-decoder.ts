import { withDeepAsText } from '../../domain/deep-json.ts';
import type { BodyDecoder } from '../../http/body-reader.ts';

/** Tool schemas and answers need some ten levels. */
const DEEPEST_IN_BODY = 32;

/** A decoder whose values can go to another thread, however deep Go's decoder lets a body be nested. */
export function bodyDecoder<T>(name: string, read: (text: string) => T): BodyDecoder<T> {
  return { name, decode: (text) => withDeepAsText(read(text), DEEPEST_IN_BODY) };
}
