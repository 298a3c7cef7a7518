/** The body of a request, which some programs compress. */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { MiB } from '../../../domain/units.ts';
import type { BodyReader } from '../../../http/body-reader.ts';
import type { GatewayExchange } from '../../shared/gateway-route.ts';
import { badRequest } from '../../shared/problem.ts';
import { RESPONSES_BODY, type ResponsesRequest } from './shapes.ts';

/** As Ollama's server bears: a few bytes may stand for gigabytes. */
const MOST_BYTES = 20 * MiB;

const decompress = promisify(zstdDecompress);

/** @throws ProblemError 400; HttpRefusal; OllamaError 400 */
export async function readBody(exchange: GatewayExchange, bodies: BodyReader): Promise<ResponsesRequest> {
  if (exchange.request.headers['content-encoding'] !== 'zstd') return exchange.read(RESPONSES_BODY);
  return bodies.read(RESPONSES_BODY, await decompressed(exchange));
}

/** What it comes to counts among the bodies that are in memory, as far as it may go until that is known. */
async function decompressed(exchange: GatewayExchange): Promise<Buffer<ArrayBuffer>> {
  const { share, take } = await exchange.body();
  await share.grow(MOST_BYTES, exchange.signal);
  try {
    const bytes = await decompress(take(), { maxOutputLength: MOST_BYTES });
    share.subtract(MOST_BYTES - bytes.length);
    return bytes;
  } catch {
    throw badRequest(`The body is not whole, is no zstd, or comes to more than ${MOST_BYTES / MiB} MiB.`);
  }
}
