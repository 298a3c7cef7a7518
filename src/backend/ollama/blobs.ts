/** Files on their way into a server's store, by the digest of their bytes. */
import { Readable } from 'node:stream';
import { BackendError } from '../../domain/errors.ts';
import type { OllamaConnection } from './connection.ts';

const ENDPOINT = '/api/blobs';
const CREATED = 201;

/** @throws BackendError */
export async function hasBlob(
  connection: OllamaConnection,
  digest: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await connection.tell({ endpoint: ENDPOINT, below: pathOf(digest), method: 'HEAD' }, signal);
    return true;
  } catch (error) {
    if (error instanceof BackendError && error.answer?.status === 404) return false;
    throw error;
  }
}

/** Resolves with whether the server did not have it. @throws BackendError */
export async function putBlob(
  connection: OllamaConnection,
  digest: string,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<boolean> {
  const call = { endpoint: ENDPOINT, below: pathOf(digest) } as const;
  return (await connection.upload(call, Readable.from(bytes, { objectMode: false }), signal)) === CREATED;
}

function pathOf(digest: string): string {
  return `/${encodeURIComponent(digest)}`;
}
