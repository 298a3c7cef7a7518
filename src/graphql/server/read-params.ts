/** The operation in a POST body. */
import { GraphQLError } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';

/** The text is not kept, so that only what was made of it stays in memory. @throws GraphQLError BAD_REQUEST */
export function readParams(body: Uint8Array<ArrayBuffer>): GraphQLParams {
  let params: unknown;
  try {
    params = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    throw badRequest('The body is not JSON.');
  }
  if (typeof params !== 'object' || params === null) {
    throw badRequest('The body must be a JSON object with the query in `query`.');
  }
  return params;
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  });
}
