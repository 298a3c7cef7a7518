/** What of a request says how long it will take. */
import type { JobRequest } from '../domain/request.ts';
import type { JobSize } from '../domain/work.ts';
import { specOf } from './kinds.ts';

/** As English has them, about. */
const BYTES_PER_TOKEN = 4;
/** A picture is some thousand tokens to read. */
const BYTES_PER_IMAGE = 4_096;

export function sizeOf(request: JobRequest<unknown>): JobSize {
  let promptBytes = 0;
  for (const { texts, images, tokens } of specOf(request).prompts(request)) {
    promptBytes += images * BYTES_PER_IMAGE + tokens * BYTES_PER_TOKEN;
    for (const text of texts) promptBytes += Buffer.byteLength(text);
  }
  const asked = request.options?.maxTokens ?? 0;
  return { kind: request.kind, promptBytes, maxTokens: asked > 0 ? asked : null };
}
