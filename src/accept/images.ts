import { createHash } from 'node:crypto';
import type { BlobHash } from '../domain/request.ts';

/** Base64 without a `data:` prefix, if there was one. */
function payloadOf(text: string): string {
  return text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text;
}

/** Whether it is base64 of at least one byte, with or without a `data:` prefix. */
export function isBase64(text: string): boolean {
  const payload = payloadOf(text);
  return (
    payload.length > 1 &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(payload) &&
    payload.replace(/=+$/, '').length % 4 !== 1
  );
}

/** The blobs of one submission, gathered while its input is read. */
export class BlobCollector {
  readonly blobs = new Map<BlobHash, Uint8Array>();

  /** The content address of base64 text. */
  add(base64: string): BlobHash {
    const bytes = Buffer.from(payloadOf(base64), 'base64');
    const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as BlobHash;
    this.blobs.set(hash, bytes);
    return hash;
  }
}
