/**
 * Clients of persisted queries first send the hash of a query instead of the query. Nothing is kept here, and they know one
 * answer on which they send it in full from then on (Apollo's "automatic persisted queries", which urql and others follow).
 */
import { GraphQLError } from 'graphql';

/** Names under which other clients send what stands for a query. */
const OTHER_NAMES = ['documentId', 'doc_id', 'queryId', 'id', 'hash', 'sha256Hash'];

/** Whether something stands for the query that is not there. */
export function isPersistedQuery(params: object): boolean {
  const { query, extensions, ...others } = params as Readonly<Record<string, unknown>>;
  if (typeof query === 'string' && query !== '') return false;
  const isApollo = typeof extensions === 'object' && extensions !== null && 'persistedQuery' in extensions;
  return isApollo || OTHER_NAMES.some((name) => typeof others[name] === 'string');
}

/** In the words that clients look for; not a failure of HTTP, after which some would give up. */
export function persistedQueryNotSupported(): GraphQLError {
  return new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', http: { status: 200 } },
  });
}

/** Messages of the WebSocket protocol without a query are no messages; with an empty one they can be answered. */
export function withEmptyQuery(key: string, value: unknown): unknown {
  const isPayload = key === 'payload' && typeof value === 'object' && value !== null;
  return isPayload && isPersistedQuery(value) ? { ...value, query: '' } : value;
}
