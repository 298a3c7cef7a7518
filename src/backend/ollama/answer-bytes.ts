/** Reads bodies of answers, none without a bound. */
import { TooLongError } from './ndjson.ts';

const LARGEST_ERROR_BYTES = 64 * 1024;

/** @throws TooLongError */
export async function readText(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of withinLength(body, limitBytes)) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** @throws TooLongError */
export async function* withinLength(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > limitBytes) throw new TooLongError(`The answer is longer than ${limitBytes} bytes.`);
    yield part;
  }
}

/** The beginning of an error's text is enough. */
export async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= LARGEST_ERROR_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, LARGEST_ERROR_BYTES).toString('utf8');
}
