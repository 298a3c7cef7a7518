/** What of an error leaves the server: failures told on purpose as they are, anything else as an id that is in the log too. */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Random } from '../../clock.ts';
import type { Logger } from '../../telemetry/logger.ts';

export const MASKED_MESSAGE =
  'The server failed to answer this. Its log has the reason under the given errorId.';

/** GraphQL errors that wrap nothing else were made to be read by the caller. */
function isTold(error: unknown): error is GraphQLError {
  if (!(error instanceof GraphQLError)) return false;
  const cause = error.originalError ?? error.cause;
  return cause === undefined || cause === null || isTold(cause);
}

/** What of an error leaves the server. */
export type ErrorMask = (error: unknown) => GraphQLError;

/** The location and path of a field's error stay, so that the caller knows which field it was. */
export function errorMasker(logger: Logger, random: Random): ErrorMask {
  const masked = new WeakSet<object>();
  return (error) => {
    if (isTold(error) || (error instanceof GraphQLError && masked.has(error))) return coded(error);
    const errorId = Buffer.from(random.bytes(9)).toString('base64url');
    const field = error instanceof GraphQLError ? error : null;
    const reason = field?.originalError ?? field?.cause ?? error;
    logger.error('A request failed unexpectedly.', {
      errorId,
      ...(field?.path ? { path: field.path.join('.') } : {}),
      error: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
    });
    const result = new GraphQLError(MASKED_MESSAGE, {
      ...(field
        ? { nodes: field.nodes, source: field.source, positions: field.positions, path: field.path }
        : {}),
      // `unexpected` makes it a 500 where nothing was answered; it does not leave the server.
      extensions: { code: 'INTERNAL_ERROR', errorId, unexpected: true },
    });
    masked.add(result);
    return result;
  };
}

/** Every error has a code. What GraphQL itself refuses before it runs anything was wrong in the request. */
function coded(error: GraphQLError): GraphQLError {
  error.extensions.code ??= 'BAD_USER_INPUT';
  return error;
}

/** Without what is meant for the HTTP transport alone. */
export function publicError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON();
  if (!extensions) return rest;
  const { http: _http, unexpected: _unexpected, ...others } = extensions;
  return { ...rest, extensions: others };
}
