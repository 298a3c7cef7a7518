/** Reads a request's body within a limit, whether its length was told or it comes in chunks. */
import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './refusal.ts';

/** @throws HttpRefusal BODY_TOO_LARGE, BAD_REQUEST when the caller went away half-way */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  beforeReading: () => void,
): Promise<Buffer<ArrayBuffer>> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.reject(tooLarge(maxBytes));
  beforeReading();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      request.off('data', onData);
      reject(tooLarge(maxBytes));
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new HttpRefusal('BAD_REQUEST', 'The body ended early.')));
  });
}

function tooLarge(maxBytes: number): HttpRefusal {
  return new HttpRefusal(
    'BODY_TOO_LARGE',
    `The body is larger than the limit of ${maxBytes} bytes. Send less, or raise maxBodyBytes.`,
    { 'x-max-body-bytes': String(maxBytes) },
  );
}
