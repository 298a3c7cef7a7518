/** What of an error leaves the server: failures told on purpose as they are, anything else as an id that is in the log too. */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Random } from '../../clock.ts';
import {
  CallerGoneError,
  loggedStack,
  messageOf,
  ReadTooLongError,
  StoreBusyError,
  StoreUnwritableError,
} from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { withoutValues } from './without-values.ts';

const MASKED_MESSAGE = 'The server failed to answer this. Its log has the reason under the given errorId.';

/** GraphQL errors that wrap nothing else were made to be read by the caller. */
function isTold(error: unknown): error is GraphQLError {
  if (!(error instanceof GraphQLError)) return false;
  const cause = error.originalError ?? error.cause;
  return cause === undefined || cause === null || isTold(cause);
}

/** What of an error leaves the server. */
export type ErrorMask = (error: unknown) => GraphQLError;

/** Failures that may meet any field and that its caller can do something about. */
function toldFailure(reason: unknown): string | null {
  const told =
    reason instanceof CallerGoneError ||
    reason instanceof ReadTooLongError ||
    reason instanceof StoreBusyError ||
    reason instanceof StoreUnwritableError;
  return told ? reason.code : null;
}

/** The location and path of a field's error stay, so that the caller knows which field it was. */
export function errorMasker(logger: Logger, random: Random): ErrorMask {
  const masked = new WeakSet<object>();
  return (error) => {
    if (isTold(error) || (error instanceof GraphQLError && masked.has(error))) return coded(error);
    const field = error instanceof GraphQLError ? error : null;
    const reason = field?.originalError ?? field?.cause ?? error;
    const code = toldFailure(reason);
    if (code) return new GraphQLError(messageOf(reason), { ...placeOf(field), extensions: { code } });
    const errorId = Buffer.from(random.bytes(9)).toString('base64url');
    logger.error('A request failed unexpectedly.', {
      errorId,
      ...(field?.path ? { path: field.path.join('.') } : {}),
      error: loggedStack(reason),
    });
    const result = new GraphQLError(MASKED_MESSAGE, {
      ...placeOf(field),
      // `unexpected` makes it a 500 where nothing was answered; it does not leave the server.
      extensions: { code: 'INTERNAL_ERROR', errorId, unexpected: true },
    });
    masked.add(result);
    return result;
  };
}

function placeOf(field: GraphQLError | null) {
  if (!field) return {};
  const { nodes, source, positions, path } = field;
  return { nodes, source, positions, path };
}

/** Every error has a code. What GraphQL itself refuses before it runs anything was wrong in the request. */
function coded(error: GraphQLError): GraphQLError {
  error.extensions.code ??= 'BAD_USER_INPUT';
  return withoutQuotes(error);
}

/** The same error, or one that keeps what it quotes to itself. */
export function withoutQuotes(error: GraphQLError): GraphQLError {
  const message = withoutValues(error.message);
  return message === error.message
    ? error
    : new GraphQLError(message, { ...placeOf(error), extensions: error.extensions });
}

/** Without what is meant for the HTTP transport alone. */
export function publicError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON();
  if (!extensions) return rest;
  const { http: _http, unexpected: _unexpected, ...others } = extensions;
  return { ...rest, extensions: others };
}
