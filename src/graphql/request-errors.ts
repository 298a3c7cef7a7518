/** Failures of queries and subscriptions that the caller can act on: told as they are, never masked. */
import { GraphQLError } from 'graphql';

export type RequestErrorCode = 'BAD_USER_INPUT' | 'FORBIDDEN' | 'NOT_FOUND';

export function requestError(code: RequestErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
